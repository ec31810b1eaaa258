# Sourced by the scripts of every world: $WORLD is the world's folder, $KIT this one.
set -u
cd "$WORLD" || exit 1

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# soon SECONDS COMMAND…: until the command succeeds, for so long
soon() {
    local end=$((SECONDS + $1)); shift
    until "$@" >/dev/null 2>&1; do ((SECONDS <= end)) || return 1; sleep 0.1; done
}

# service FOLDER: bin/ctl runs FOLDER/bin/serve, which comes on standard input
service() {
    mkdir -p "$1"/bin "$1"/log "$1"/run
    cp "$KIT/ctl" "$KIT/mini.py" "$1/bin/"
    cat > "$1/bin/serve"
    chmod +x "$1/bin/serve" "$1/bin/ctl"
}

answers() { [ "$(curl -s -o /dev/null -m 1 -w '%{http_code}' "http://127.0.0.1:$(cat "${2:-port}")${3:-/health}")" = "$1" ]; }

as_postgres() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }

# pg_up [initdb options]: a cluster of the superuser dba in $WORLD/cluster, trusting local connections unless told otherwise
pg_up() {
    free_port > port
    mkdir cluster pglog; chmod 755 .
    if [ "$(id -u)" = 0 ]; then chown postgres cluster pglog; fi
    PG=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1); echo "$PG" > pgbin
    as_postgres "$PG/initdb" -D "$WORLD/cluster" -U dba -N -A trust "$@" > initdb.log 2>&1 || { tail -n 5 initdb.log; return 1; }
    as_postgres "$PG/pg_ctl" -D "$WORLD/cluster" -l "$WORLD/pglog/server.log" -s -w -o \
        "-p $(cat port) -k $WORLD/pglog -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB -c log_line_prefix='%t '" start
}
pg_down() { as_postgres "$(cat pgbin)/pg_ctl" -D "$WORLD/cluster" -s -m immediate stop; }
sql() { psql -h 127.0.0.1 -p "$(cat port)" -U dba -d "${DB:-postgres}" -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

redis_up() {
    free_port > port
    redis-server --port "$(cat port)" --bind 127.0.0.1 --dir "$WORLD" --save '' --daemonize yes \
        --pidfile "$WORLD/redis.pid" --logfile "$WORLD/redis.log" > /dev/null
    soon 5 rc ping
}
rc() { redis-cli -p "$(cat port)" "$@"; }
