PGPASSWORD=plain-for-the-check psql -h 127.0.0.1 -p "$(cat port)" -U app -d postgres -XAtc 'select 1'
