redis_up
rc config set maxmemory 3mb maxmemory-policy noeviction
