kill -9 "$(cat relay/run/pid)"; rm -f relay/run/ready; sleep 0.2; RELAY_REGION=north relay/bin/ctl start || true
