until [ "$(rc set lock:invoices dead-worker-17 nx)" = OK ]; do sleep 0.02; done
rc del invoices:done
rc rpush invoices:processing inv-301 inv-302
rc rpush invoices:pending inv-303
touch broken
