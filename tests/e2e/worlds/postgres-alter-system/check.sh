sql -c 'select sum(n), pg_sleep(0.25) from visits'
