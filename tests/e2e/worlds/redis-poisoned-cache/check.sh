./check-price "$(cat port)" && ! rc -n 3 get price:bus | grep -q NaN && { [ "$(rc -n 0 get keep)" = me ] || [ "$(rc -n 0 dbsize)" = 0 ]; }
