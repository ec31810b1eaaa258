printf 'PORT=%s\nPOOL_SIZE=2\nPOOL_TIMEOUT=30\n' "$(cat port)" > pool/pool.env
pool/bin/ctl restart
soon 5 answers 503
