# Waits for a step's own shell in a transient unit: $1 a file with its environment, $2 its umask, then its command.
# It waits because the manager calls it a success when a unit's process dies of SIGTERM or SIGPIPE: a shell says 128 + N.
exec 3>&2 2>/dev/null # what it says itself (a child's death, a locale that is missing) is none of the step's output
trap : HUP INT PIPE TERM # for as long as the step needs; no child inherits it
unset OLDPWD SHLVL
while IFS= read -r -d '' pair; do export "${pair?}"; done <"$1"
/bin/rm -f -- "$1"
umask "$2"
cd -- "$PWD" || exit 126
unset OLDPWD
shift 2
"$@" 2>&3 3>&-
exit
