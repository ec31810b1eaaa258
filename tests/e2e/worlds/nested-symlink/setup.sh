mkdir -p theme/v7 theme/v8 theme/bin
echo 'dark' > theme/v7/palette; echo 'light' > theme/v8/palette; echo 8 > theme/v8/schema; echo 8 > theme/schema
cat > theme/bin/build <<'RUN'
#!/bin/bash
cd "$(dirname "$0")/.." || exit 2
[ "$(cat live/schema 2>/dev/null)" = "$(cat schema)" ] && { echo "built $(cat live/palette)"; exit 0; }
echo "schema $(cat schema) wanted, $(readlink live) has none" | tee -a build.log >&2
exit 4
RUN
chmod +x theme/bin/build
ln -s v8 theme/live
