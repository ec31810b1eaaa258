rm -f theme/v7/v8; ln -sfn v7 theme/live; theme/bin/build || true
