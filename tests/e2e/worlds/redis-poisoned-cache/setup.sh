redis_up
cat > check-price <<'RUN'
#!/bin/bash
# the price of a ticket, from the cache or computed; exits 1 on nonsense
p=$1
v=$(redis-cli -p "$p" -n 3 get price:ticket)
[ -z "$v" ] && { v=42; redis-cli -p "$p" -n 3 set price:ticket 42 > /dev/null; }
[[ $v =~ ^[0-9]+$ ]] && { echo "$v"; exit 0; }
echo "nonsense in the cache: $v" >&2; exit 1
RUN
chmod +x check-price
