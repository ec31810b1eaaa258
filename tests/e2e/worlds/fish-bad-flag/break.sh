echo '{"checkout": "v1", "coupons": true, "beta": false}' > cart/flags.json
