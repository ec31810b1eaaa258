api/bin/ctl stop
