answers 200 && [ "$(wc -l < search/index.txt)" = 4 ]
