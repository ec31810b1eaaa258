desk/bin/ctl stop; rm -f squatter.up
setsid python3 "$WORLD/squatter.py" "$(cat port)" > /dev/null 2>&1 < /dev/null & echo $! > squatter.pid
soon 5 test -e squatter.up
desk/bin/ctl start || true
