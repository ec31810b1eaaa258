free_port > port
service render <<'SERVE'
#!/usr/bin/env python3
import configparser, sys
sys.path.insert(0, "bin")
from mini import log, refuse, serve
c = configparser.ConfigParser()
if not c.read("conf/limits.ini"):
    refuse("conf/limits.ini is missing")
try:
    pixels, jobs = c.getint("limits", "pixels"), c.getint("limits", "jobs")
except configparser.Error as error:
    refuse(f"conf/limits.ini: {error}")
def answer(method, path, headers, body):
    return (200, "ok") if pixels >= 4000 and jobs == 2 else (503, f"limit of {pixels} pixels is too low")
serve(open("../port").read(), answer)
SERVE
mkdir render/conf
printf '[limits]\npixels = 8000\njobs = 2\n' > render/conf/limits.ini
render/bin/ctl start
