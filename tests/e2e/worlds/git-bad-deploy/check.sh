deploy/bin/smoke && [ "$(git -C deploy branch --show-current)" = main ] && [ -z "$(git -C deploy status --porcelain)" ]
