git init -q --bare -b main origin.git
git clone -q origin.git deploy 2>/dev/null
cd deploy
git config user.name 'Deploy Bot'; git config user.email deploy@example.invalid; git config core.pager cat
mkdir bin
cat > bin/smoke <<'RUN'
#!/bin/bash
cd "$(dirname "$0")/.." || exit 2
jq -e '.routes | length >= 3 and all(.target != null)' routes.json > /dev/null && { echo "routes are sound"; exit 0; }
echo "smoke: routes.json is not sound" >&2; exit 1
RUN
chmod +x bin/smoke
echo '{"routes": [{"path": "/"}]}' > routes.json; git add -A; git commit -qm 'First routes, unfinished'
echo '{"routes": [{"path": "/", "target": "home"}, {"path": "/a", "target": "a"}]}' > routes.json; git commit -qam 'Two routes'
echo '{"routes": [{"path": "/", "target": "home"}, {"path": "/a", "target": "a"}, {"path": "/b", "target": "b"}]}' > routes.json; git commit -qam 'Route b'
git push -q origin main
