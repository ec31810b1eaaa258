sed 's/2m;/4k;/' good.conf > web/conf/uploads.conf
# stopped and started: an old worker of a reload may answer for a while
nginx -q -p "$WORLD/web" -c "$WORLD/web/conf/nginx.conf" -s stop
gone() { [ ! -e web/nginx.pid ]; }
soon 5 gone
nginx -q -p "$WORLD/web" -c "$WORLD/web/conf/nginx.conf"
soon 5 bash -c "curl -s -o /dev/null -w '%{http_code}' --data-binary @photo.jpg http://127.0.0.1:$(cat port)/upload | grep 413"
