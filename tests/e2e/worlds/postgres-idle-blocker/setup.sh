pg_up
sql -c "create table stock(sku text primary key, n int)" -c "insert into stock values ('a', 4), ('b', 9)"
cat > nightly.sh <<'RUN'
#!/bin/bash
# a batch job that forgot to commit
{ echo "begin; update stock set n = n where sku = 'a';"; exec sleep 900; } |
    PGAPPNAME=nightly psql -h 127.0.0.1 -p "$1" -U dba -d postgres -X -q
RUN
