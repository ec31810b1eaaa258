relay/bin/ctl status && tail -n 1 relay/log/service.log | grep -q 'relay for north listens'
