redis_up
cat > worker.sh <<'RUN'
#!/bin/bash
# one invoice at a time, under a lock
p=$1
rc() { redis-cli -p "$p" "$@"; }
while sleep 0.05; do
    [ "$(rc set lock:invoices worker nx ex 20)" = OK ] || continue
    m=$(rc lmove invoices:pending invoices:processing left right)
    if [ -n "$m" ]; then rc rpush invoices:done "$m"; rc lrem invoices:processing 1 "$m"; fi
    rc del lock:invoices
done
RUN
setsid bash worker.sh "$(cat port)" > worker.log 2>&1 < /dev/null & echo $! > worker.pid
cat > queue-status <<'RUN'
#!/bin/bash
# exits 1 while invoices wait
p=$1
for _ in {1..6}; do
    n=$(($(redis-cli -p "$p" llen invoices:pending) + $(redis-cli -p "$p" llen invoices:processing)))
    [ "$n" = 0 ] && { echo "nothing waits"; exit 0; }
    sleep 0.1
done
echo "$n invoices wait"; exit 1
RUN
chmod +x queue-status
