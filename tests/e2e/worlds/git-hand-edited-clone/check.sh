site/bin/render && [ -z "$(git -C site status --porcelain)" ]
