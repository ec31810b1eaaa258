cd orders
bin/ctl stop
rm -rf inbox/* dead-letter
echo '{"items": [{"qty": 2, "price": 5}]}' > inbox/0040.json
echo '{"items": [{"qty": "two", "price": null}]}' > inbox/0041.json
echo '{"items": [{"qty": 1, "price": 8}]}' > inbox/0042.json
bin/ctl start
dead() { ! bin/ctl status; }
soon 5 dead
