[ "$(sqlite3 billing/billing.db 'select group_concat(price) from (select price from plans order by plan_id)')" = 9.0,29.0,0.0 ]
