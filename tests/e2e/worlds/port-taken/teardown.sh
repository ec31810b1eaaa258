desk/bin/ctl stop; kill -9 "$(cat squatter.pid)"
