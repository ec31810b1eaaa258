free_port > port
mkdir -p web/{conf,logs,tmp,spool}
cat > web/conf/nginx.conf <<CONF
worker_processes 1;
pid $WORLD/web/nginx.pid;
error_log $WORLD/web/logs/error.log;
events { worker_connections 64; }
http {
    access_log $WORLD/web/logs/access.log;
    client_body_temp_path $WORLD/web/tmp/body;
    proxy_temp_path $WORLD/web/tmp/proxy;
    fastcgi_temp_path $WORLD/web/tmp/fastcgi;
    uwsgi_temp_path $WORLD/web/tmp/uwsgi;
    scgi_temp_path $WORLD/web/tmp/scgi;
    include uploads.conf;
}
CONF
cat > web/conf/uploads.conf <<CONF
server {
    listen 127.0.0.1:$(cat port);
    client_max_body_size 2m;
    location /upload { proxy_pass http://127.0.0.1:$(cat port)/sink; }
    location /sink { return 200 "stored\n"; }
}
CONF
cp web/conf/uploads.conf good.conf
chmod -R a+rwX web
head -c 60000 /dev/zero | tr '\0' 'x' > photo.jpg
nginx -q -p "$WORLD/web" -c "$WORLD/web/conf/nginx.conf"
soon 5 bash -c "curl -fsS --data-binary @photo.jpg http://127.0.0.1:$(cat port)/upload"
