free_port > port
service shop <<'SERVE'
#!/usr/bin/env python3
import sqlite3, sys
sys.path.insert(0, "bin")
from mini import log, serve
def answer(method, path, headers, body):
    db = sqlite3.connect("shop.db")
    try:
        n = db.execute("select count(*) from orders where currency is not null or currency is null").fetchone()[0]
    except sqlite3.OperationalError as error:
        log(f"ERROR {error}")
        return 500, "broken"
    finally:
        db.close()
    return 200, f"{n} orders"
serve(open("../port").read(), answer)
SERVE
sqlite3 shop/shop.db "create table orders(id integer primary key, amount real, currency text default 'EUR'); insert into orders(amount) values (5),(7)"
shop/bin/ctl start
