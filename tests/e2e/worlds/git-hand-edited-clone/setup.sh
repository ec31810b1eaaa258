git init -q --bare -b main origin.git
git clone -q origin.git site 2>/dev/null
cd site
git config user.name 'Site'; git config user.email site@example.invalid; git config core.pager cat
mkdir pages bin
echo 'title: Home' > pages/home.yml; echo 'title: About' > pages/about.yml
cat > bin/render <<'RUN'
#!/bin/bash
# every page has one title
cd "$(dirname "$0")/.." || exit 2
for f in pages/*; do
    [ "$(grep -c '^title: ' "$f")" = 1 ] || { echo "render: $f has no single title" >&2; exit 3; }
done
echo rendered
RUN
chmod +x bin/render
git add -A; git commit -qm 'Two pages'; git push -q origin main
