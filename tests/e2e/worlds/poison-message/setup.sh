service orders <<'SERVE'
#!/usr/bin/env python3
import json, pathlib, sys, time
sys.path.insert(0, "bin")
from mini import log, ready
ready()
log("worker up")
while True:
    for path in sorted(pathlib.Path("inbox").glob("*.json")):
        order = json.loads(path.read_text())
        total = sum(i["qty"] * i["price"] for i in order["items"])
        path.rename(pathlib.Path("done") / path.name)
        log(f"{path.name}: total {total}")
    time.sleep(0.1)
SERVE
mkdir orders/{inbox,done}
orders/bin/ctl start
