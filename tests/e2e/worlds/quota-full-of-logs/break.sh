cd intake
printf 'level=trace\nformat=plain\n' > log.conf
head -c 1500000 /dev/zero | tr '\0' 't' > logs/trace.log; head -c 700000 /dev/zero | tr '\0' 'a' > logs/access.log
bin/take || true
