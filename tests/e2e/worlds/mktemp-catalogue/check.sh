answers 200 && [ "$(jq length shelf/data/catalogue.json)" = 3 ]
