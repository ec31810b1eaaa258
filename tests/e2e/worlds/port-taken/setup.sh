free_port > port
service desk <<'SERVE'
#!/usr/bin/env python3
import sys
sys.path.insert(0, "bin")
from mini import refuse, serve
try:
    serve(open("../port").read(), lambda *_: (200, "desk"))
except OSError as error:
    refuse(f"cannot listen: {error}")
SERVE
cat > squatter.py <<'RUN'
import signal, socket, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen()
open("squatter.up", "w").close()
time.sleep(900)
RUN
desk/bin/ctl start
