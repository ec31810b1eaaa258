free_port > port
service shelf <<'SERVE'
#!/usr/bin/env python3
import json, sys
sys.path.insert(0, "bin")
from mini import log, refuse, serve
items = json.load(open("data/catalogue.json"))
bad = [i["id"] for i in items if i.get("price") is None]
def answer(method, path, headers, body):
    if bad:
        log(f"ERROR items without a price: {bad}")
        return 500, "catalogue unsound"
    return 200, f"{len(items)} items"
serve(open("../port").read(), answer)
SERVE
mkdir shelf/data
echo '[{"id": 1, "price": 3}, {"id": 2, "price": 4}, {"id": 5, "price": 9}]' > shelf/data/catalogue.json
shelf/bin/ctl start
