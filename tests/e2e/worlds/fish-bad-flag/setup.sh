mkdir -p cart/bin
cat > cart/bin/selftest <<'RUN'
#!/bin/bash
cd "$(dirname "$0")/.." || exit 2
jq -e '.checkout == "v2" and .coupons == true' flags.json > /dev/null && { echo passed; exit 0; }
echo "selftest: flags do not go together" >&2; exit 1
RUN
chmod +x cart/bin/selftest
echo '{"checkout": "v2", "coupons": true, "beta": false}' > cart/flags.json
