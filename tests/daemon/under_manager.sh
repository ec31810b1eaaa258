# The service as it is installed, next to a real manager: a run, then a kill in the middle of another one.
set -e
reifierd init >&2
reifierd service install >&2
systemctl --user start reifierd
books=$HOME/reifierd/runbooks
approve() {
  printf '# %s\n\n## Fix\n\n```bash\n%s\n```\n' "$1" "$2" >"$books/drafts/$1.md"
  mv "$books/drafts/$1.md" "$books/approved/"
}
until_there() { for _ in $(seq 300); do compgen -G "$1" >/dev/null && return; sleep 0.1; done; echo "never: $1" >&2; exit 1; }
pid() { systemctl --user show --property=MainPID --value reifierd; }

approve free 'grep NoNewPrivs /proc/self/status >~/free'
until_there "$HOME/reifierd/reports/*free*.md"
first=$(pid)
echo "daemon $(tr -d '\t' <<<"$(grep NoNewPrivs "/proc/$first/status")") step $(tr -d '\t' <"$HOME/free")"

approve cut 'echo once >>~/cut; setsid sleep 8131 & sleep 8132'
until_there "$HOME/cut"
kill -KILL "$first"
until_there "$HOME/reifierd/reports/*cut*.md"
[ "$(pid)" != "$first" ]
echo "restarts $(systemctl --user show --property=NRestarts --value reifierd) ran $(wc -l <"$HOME/cut")"
head -n 1 "$HOME"/reifierd/reports/*cut*.md
echo "survivors $(pgrep -fc '^sleep 813[12]' || true)"
systemctl --user stop reifierd
echo "end $(systemctl --user show --property=Result --value reifierd)"
