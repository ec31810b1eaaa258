intake/bin/take probe && grep -qx level=info intake/log.conf && [ ! -e intake/logs/acces.log ]
