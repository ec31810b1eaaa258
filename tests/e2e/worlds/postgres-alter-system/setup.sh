pg_up
sql -c "create table visits(day date, n int)" -c "insert into visits select date '2026-01-01' + g, g from generate_series(1, 500) g"
