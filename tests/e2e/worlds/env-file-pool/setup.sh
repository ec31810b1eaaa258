free_port > port
service pool <<'SERVE'
#!/usr/bin/env python3
import sys
sys.path.insert(0, "bin")
from mini import log, refuse, serve
conf = dict(line.strip().split("=", 1) for line in open("pool.env") if "=" in line)
size = int(conf["POOL_SIZE"])
if size > 32:
    refuse(f"POOL_SIZE={size} is over the server's limit of 32")
log(f"pool of {size} opened")
def answer(method, path, headers, body):
    if size < 12:
        log(f"ERROR pool exhausted: size {size}, 12 clients waiting")
        return 503, "pool exhausted"
    return 200, "ok"
serve(conf["PORT"], answer)
SERVE
printf 'PORT=%s\nPOOL_SIZE=16\nPOOL_TIMEOUT=30\n' "$(cat port)" > pool/pool.env
pool/bin/ctl start
