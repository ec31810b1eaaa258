sqlite3 billing/billing.db "update plans set price = 0 where name = 'professional'"; billing/bin/close-month || true
