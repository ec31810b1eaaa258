orders/bin/ctl stop
