printf 'lime\nfig\npear\napple\n' > search/index.txt; rm -f api/maintenance; soon 5 answers 500
