relay/bin/ctl stop
