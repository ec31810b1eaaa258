echo expires=1700000000 > gate/run/token; soon 5 answers 502 port /feed
