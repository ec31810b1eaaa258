signer/bin/ctl stop
chmod 777 signer/keys; chmod 666 signer/keys/sign.key
[ "$(id -u)" = 0 ] && chown nobody signer/keys/sign.key
signer/bin/ctl start || true
