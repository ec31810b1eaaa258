"""A place where commands may do what they like to a copy of this machine's files: nothing of it is real.

`outside.rehearsed` starts it, `inside.enter` goes in: new user, mount, pid, network, IPC and UTS namespaces, an overlay
over every file system, and a first process that bounds what runs there and tells what it changed. It needs no program
and no right, only a kernel that lets a user make namespaces (5.11 on, for overlays in them).
"""
