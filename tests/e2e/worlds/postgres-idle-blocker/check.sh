sql -c "set lock_timeout='300ms'" -c "update stock set n = n where sku = 'a'"
