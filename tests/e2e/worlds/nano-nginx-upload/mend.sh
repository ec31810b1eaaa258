cp good.conf web/conf/uploads.conf
nginx -q -p "$WORLD/web" -c "$WORLD/web/conf/nginx.conf" -s reload
sleep 0.5
