service relay <<'SERVE'
#!/usr/bin/env python3
import os, socket, sys, time
sys.path.insert(0, "bin")
from mini import log, ready, refuse
region = os.environ.get("RELAY_REGION") or refuse("RELAY_REGION is not set")
if os.path.exists("run/relay.sock"):
    refuse("run/relay.sock is in use")
s = socket.socket(socket.AF_UNIX)
s.bind("run/relay.sock"); s.listen()
log(f"relay for {region} listens"); ready()
while True:
    time.sleep(1)
SERVE
RELAY_REGION=north relay/bin/ctl start
