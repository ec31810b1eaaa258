echo 'Kestrel-77-harbour' > dba.pw
pg_up --pwfile="$WORLD/dba.pw" --auth-host=scram-sha-256
PGPASSWORD=$(cat dba.pw) sql -c "create role app login password 'plain-for-the-check'"
