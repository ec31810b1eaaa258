./queue-status "$(cat port)" || exit 1
rc rpush invoices:pending "probe-$$"
soon 2 bash -c "redis-cli -p $(cat port) lrange invoices:done 0 -1 | grep -qx probe-$$" && ./queue-status "$(cat port)" &&
    { [ ! -e broken ] || [ "$(rc lrange invoices:done 0 -1 | sort -u | grep -c "^inv-30")" = 3 ]; }
ok=$?
[ $ok = 0 ] || rc lrem invoices:pending 0 "probe-$$"
exit $ok
