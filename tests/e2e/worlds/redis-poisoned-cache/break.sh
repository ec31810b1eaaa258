rc -n 3 mset price:ticket NaN price:bus NaN price:tram NaN; rc -n 0 set keep me
