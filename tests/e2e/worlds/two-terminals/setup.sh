free_port > port
service api <<'SERVE'
#!/usr/bin/env python3
import pathlib, sys
sys.path.insert(0, "bin")
from mini import log, serve
def answer(method, path, headers, body):
    if pathlib.Path("maintenance").exists():
        return 503, "maintenance"
    index = pathlib.Path("../search/index.txt").read_text().split()
    if index != sorted(index):
        log("ERROR search index out of order")
        return 500, "search is broken"
    return 200, "ok"
serve(open("../port").read(), answer)
SERVE
mkdir search
printf 'apple\nfig\nlime\npear\n' > search/index.txt
api/bin/ctl start
