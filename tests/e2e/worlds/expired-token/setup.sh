free_port > port
service gate <<'SERVE'
#!/usr/bin/env python3
import base64, sys, time
sys.path.insert(0, "bin")
from mini import log, serve
GOOD = "Basic " + base64.b64encode(b"deploy:Marble-Otter-2291").decode()
def answer(method, path, headers, body):
    if path == "/token":
        if headers.get("Authorization") != GOOD:
            log("WARN /token: 401")
            return 401, "who are you"
        return 200, f"expires={int(time.time()) + 3600}"
    with open("run/token") as f:
        if int(f.read().strip().partition("=")[2]) < time.time():
            log("ERROR token expired, feed is not fetched")
            return 502, "feed stale"
    return 200, "feed fresh"
serve(open("../port").read(), answer)
SERVE
echo expires=9999999999 > gate/run/token
gate/bin/ctl start
