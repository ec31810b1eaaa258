service signer <<'SERVE'
#!/usr/bin/env python3
import os, stat, sys, time
sys.path.insert(0, "bin")
from mini import log, ready, refuse
for path, loose in (("keys", 0o022), ("keys/sign.key", 0o077)):
    info = os.stat(path)
    if info.st_uid != os.geteuid():
        refuse(f"{path} belongs to uid {info.st_uid}, not to me")
    if stat.S_IMODE(info.st_mode) & loose:
        refuse(f"{path} is open to others: mode {stat.S_IMODE(info.st_mode):04o}")
log("key loaded")
ready()
while True:
    time.sleep(1)
SERVE
mkdir signer/keys; chmod 700 signer/keys
echo 'not-a-key' > signer/keys/sign.key; chmod 600 signer/keys/sign.key
signer/bin/ctl start
