PGPASSWORD=$(cat dba.pw) sql -c "alter role app valid until '2020-01-01'"
