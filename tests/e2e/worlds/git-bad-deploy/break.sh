cd deploy
git checkout -q main
jq '.routes[1].target = null' routes.json > r && mv r routes.json
git commit -qam 'Clean up routes'
