# Becomes a step's own shell in a transient unit: $1 a file with its environment, $2 its umask, $3 where it starts, then
# the command. What the service manager has in its environment is none of the step's business.
for name in $(compgen -e); do unset "$name" 2>/dev/null; done
while IFS= read -r -d '' pair; do export "${pair?}"; done <"$1"
/bin/rm -f -- "$1"
umask "$2"
cd -- "$3" || exit 126
unset OLDPWD
shift 3
exec "$@"
