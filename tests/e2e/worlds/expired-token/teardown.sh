gate/bin/ctl stop
