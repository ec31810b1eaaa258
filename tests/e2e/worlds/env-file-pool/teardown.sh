pool/bin/ctl stop
