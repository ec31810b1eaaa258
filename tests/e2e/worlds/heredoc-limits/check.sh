answers 200 && [ "$(cat render/conf/limits.ini)" = "$(printf "[limits]\npixels = 8000\njobs = 2")" ]
