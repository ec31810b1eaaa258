echo '[{"id": 1, "price": 3}, {"id": 2, "price": 4}, {"id": 4}, {"id": 5, "price": 9}]' > shelf/data/catalogue.json
shelf/bin/ctl restart; soon 5 answers 500
