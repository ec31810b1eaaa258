setsid bash nightly.sh "$(cat port)" > nightly.log 2>&1 < /dev/null &
soon 5 bash -c "psql -h 127.0.0.1 -p $(cat port) -U dba -d postgres -XAtc \"select 1 from pg_stat_activity where application_name='nightly' and state='idle in transaction'\" | grep 1"
sql -c "set lock_timeout='200ms'" -c "update stock set n = n where sku = 'a'" || true
