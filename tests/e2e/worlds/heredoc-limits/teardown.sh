render/bin/ctl stop
