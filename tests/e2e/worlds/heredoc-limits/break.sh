render/bin/ctl stop; rm -f render/conf/limits.ini; render/bin/ctl start || true
