signer/bin/ctl status && [ "$(stat -c %a signer/keys/sign.key)" = 600 ]
