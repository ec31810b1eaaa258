theme/bin/build && [ "$(readlink theme/live)" = v8 ] && [ ! -e theme/v7/v8 ]
