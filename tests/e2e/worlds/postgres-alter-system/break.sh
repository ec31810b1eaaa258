sql -c "alter system set statement_timeout = '15ms'" -c "select pg_reload_conf()"
slow() { ! sql -c 'select sum(n), pg_sleep(0.25) from visits'; }
soon 5 slow
