answers 200 && grep -q '^POOL_TIMEOUT=30' pool/pool.env
