for i in 1 2 3; do rc set "probe:$i" "$(printf '%9000s')" | grep -q '^OK' || exit 1; done
rc config get maxmemory | grep -q 3145728
