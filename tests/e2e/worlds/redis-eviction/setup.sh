redis_up
rc config set maxmemory 0 maxmemory-policy noeviction
