rc flushall; rc config set maxmemory 3mb maxmemory-policy noeviction
rc eval "local v = string.rep('x', 20000) for i = 1, 400 do redis.pcall('set', 'page:' .. i, v) end return 1" 0
full() { rc set full-probe "$(printf '%5000s')" | grep -q OOM; }
soon 5 full
