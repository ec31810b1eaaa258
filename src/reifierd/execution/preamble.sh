# Sourced by a step's bash before its first command (through BASH_ENV). It leaves two functions and an EXIT trap
# behind, which write the shell's state to @DUMP@ when the step ends, whatever its last command was.
# What it restores may be secret: bash has read all of this file by now, so it is emptied.
builtin : >|@SELF@
builtin unset BASH_ENV
__reifierd_save() {
  local __reifierd_status=$?
  builtin unset -f __reifierd_save trap
  # nothing here may depend on an option or a function of the step's own, nor change one before it is written down
  { builtin set +o; builtin printf '\0'; builtin shopt -p; builtin printf '\0%s\0' "$PWD"; builtin umask; builtin printf '\0'; builtin declare -p; builtin printf '\0'
    builtin declare -pf; builtin printf '\0'; builtin alias -p; builtin printf '\0end\n'; } >|@DUMP@
  builtin return "$__reifierd_status"
}
# A trap of the step's own on EXIT runs after the state was written, and finds $? as it would without us.
# "&& :" lets a failing status pass under `set -e`.
trap() {
  builtin trap "$@" || builtin return
  [[ $BASH_SUBSHELL == 0 && ${1-} != -[pPl]* ]] || builtin return 0
  if [[ ${1-} == -- ]]; then builtin shift; fi
  local __reifierd_action= __reifierd_name
  if [[ $# -gt 1 ]]; then __reifierd_action=$1; builtin shift; fi
  if [[ $__reifierd_action == - ]]; then __reifierd_action=; fi
  for __reifierd_name in "$@"; do
    if [[ $__reifierd_name == 0 || ${__reifierd_name^^} == EXIT ]]; then
      builtin trap '{ __reifierd_save && :; } 2>/dev/null'$'\n'"$__reifierd_action" EXIT
    fi
  done
}
builtin trap '{ __reifierd_save && :; } 2>/dev/null' EXIT
