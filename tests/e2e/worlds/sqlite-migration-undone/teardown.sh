shop/bin/ctl stop
