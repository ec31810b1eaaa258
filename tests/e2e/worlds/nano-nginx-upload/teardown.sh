nginx -p "$WORLD/web" -c "$WORLD/web/conf/nginx.conf" -s stop
