cd orders
bin/ctl status || exit 1
probe=zz-probe-$$.json
echo '{"items": []}' > "inbox/.$probe"; mv "inbox/.$probe" "inbox/$probe"
if soon 2 test -e "done/$probe" && bin/ctl status; then exit 0; fi
rm -f "inbox/$probe"
exit 1
