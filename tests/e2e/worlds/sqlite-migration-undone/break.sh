sqlite3 shop/shop.db "drop table orders; create table orders(id integer primary key, amount real); insert into orders(amount) values (5),(7)"
soon 5 answers 500
