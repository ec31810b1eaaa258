mkdir -p build/bin build/cache/objects
cat > build/bin/make-site <<'RUN'
#!/bin/bash
# a cached object is believed, whatever the settings say
cd "$(dirname "$0")/.." || exit 2
. ./settings
[ -e cache/objects/page ] || { mkdir -p cache/objects; echo "$LANGUAGE" > cache/objects/page; }
[ "$(cat cache/objects/page)" = de ] && { echo "site is German"; exit 0; }
echo "make-site: page in $(cat cache/objects/page), not in de" >&2; exit 1
RUN
chmod +x build/bin/make-site
printf 'LANGUAGE=de\nTHEME=plain\n' > build/settings
build/bin/make-site
