signer/bin/ctl stop
