answers 200 && [ "$(sqlite3 shop/shop.db "select group_concat(name) from pragma_table_info('orders')")" = id,amount,currency ]
