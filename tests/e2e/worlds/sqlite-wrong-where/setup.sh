mkdir -p billing/bin
cat > billing/bin/close-month <<'RUN'
#!/bin/bash
# exits 1 while a plan that has customers costs nothing
cd "$(dirname "$0")/.." || exit 2
bad=$(sqlite3 billing.db "select distinct name from plans join customers using (plan_id) where price <= 0")
[ -z "$bad" ] && { echo "month can be closed"; exit 0; }
echo "$(date -u +%FT%TZ) ERROR plan without a price: $bad" >> close.log
echo "plan without a price: $bad" >&2
exit 1
RUN
chmod +x billing/bin/close-month
sqlite3 billing/billing.db "create table plans(plan_id integer primary key, name text, price real);
  create table customers(id integer primary key, plan_id int);
  insert into plans values (1,'starter',9),(2,'professional',29),(3,'legacy',0); insert into customers values (1,1),(2,2),(3,2);"
