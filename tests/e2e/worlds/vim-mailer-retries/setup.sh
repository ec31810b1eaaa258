free_port > port
service mailer <<'SERVE'
#!/usr/bin/env python3
import configparser, signal, sys
sys.path.insert(0, "bin")
from mini import log, serve
state = {}
def load(*_):
    c = configparser.ConfigParser()
    c.read("mailer.ini")
    state.update(c["delivery"])
    log(f"loaded: retries {state['retries']}, relay {state['relay']}")
load()
signal.signal(signal.SIGHUP, load)
def answer(method, path, headers, body):
    if int(state["retries"]) < 3:
        log(f"ERROR delivery gave up after {state['retries']} attempts: relay busy")
        return 503, "mail is not delivered"
    return 200, "delivered"
serve(open("../port").read(), answer)
SERVE
printf '[delivery]\nrelay = 10.1.1.9\nretries = 5\nbackoff = 20\n\n[limits]\nper_minute = 90\n' > mailer/mailer.ini
mailer/bin/ctl start
