cart/bin/selftest && jq -e ".beta == false" cart/flags.json
