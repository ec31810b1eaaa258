sed 's/2m;/4k;/' good.conf > web/conf/uploads.conf
nginx -q -p "$WORLD/web" -c "$WORLD/web/conf/nginx.conf" -s reload
soon 5 bash -c "curl -s -o /dev/null -w '%{http_code}' --data-binary @photo.jpg http://127.0.0.1:$(cat port)/upload | grep 413"
