# $1 a home, then a command that is run next to a user's service manager of its own, in a namespace of its own (unshare -m).
# systemd asks for a booted system (/run/systemd/system) and for one cgroup hierarchy; nothing of it is seen outside.
# Ends with 77 where the kernel gives no such thing.
export HOME="$1" XDG_RUNTIME_DIR=/run/mine
shift
umount -R /sys/fs/cgroup 2>/dev/null || umount -l /sys/fs/cgroup 2>/dev/null
mount -t cgroup2 none /sys/fs/cgroup || exit 77
mount -t tmpfs none /run && mkdir -p /run/systemd/system /run/mine && chmod 700 /run/mine || exit 77
group=/sys/fs/cgroup/reifierd-test-$$; mkdir "$group" && echo $$ >"$group/cgroup.procs" || exit 77
unset DBUS_SESSION_BUS_ADDRESS XDG_CONFIG_HOME XDG_STATE_HOME REIFIERD_RUNTIME_DIR
/lib/systemd/systemd --user --log-level=err >&2 & manager=$!
for _ in $(seq 100); do [ -S /run/mine/systemd/private ] && break; sleep 0.1; done
"$@"; status=$?
kill "$manager"; wait "$manager"
echo $$ >/sys/fs/cgroup/cgroup.procs; echo 1 >"$group/cgroup.kill"
for _ in $(seq 50); do find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break; sleep 0.1; done
exit "$status"
