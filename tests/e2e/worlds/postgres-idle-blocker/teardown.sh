pg_down
