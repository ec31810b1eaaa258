# Records the commands of this shell for reifierd. Builtins only: nothing is forked at a prompt.
# PS0 takes the time when a command starts, PROMPT_COMMAND writes the record when it has ended. In between, a DEBUG trap that
# removes itself at its first firing keeps the history's own line, and copies of files that the line is about to change.

__reifierd_now() { # microseconds since the epoch; bash 4.4 has whole seconds only
  if [[ -n ${EPOCHREALTIME-} ]]; then
    __reifierd_clock=${EPOCHREALTIME/[!0-9]/}
  else
    builtin printf -v __reifierd_clock '%(%s)T000000' -1
  fi
}

__reifierd_last() { # the newest entry of the history with number and time, as the builtin prints it
  local HISTTIMEFORMAT='%s '
  __reifierd_raw=
  builtin history "${1-1}" >|"$__reifierd_tmp" && IFS= builtin read -r -d '' __reifierd_raw <"$__reifierd_tmp"
  [[ -n $__reifierd_raw ]]
}

__reifierd_split() { # $1 as printed → its number and its text
  __reifierd_text=${1#"${1%%[! ]*}"}
  __reifierd_number=${__reifierd_text%%[!0-9]*}
  __reifierd_text=${__reifierd_text:${#__reifierd_number}+2}
  case $__reifierd_text in '??'*) __reifierd_text=${__reifierd_text#??} ;; *) __reifierd_text=${__reifierd_text#* } ;; esac
  while [[ $__reifierd_text == *$'\n' ]]; do __reifierd_text=${__reifierd_text%$'\n'}; done # here-documents end with one more
}

__reifierd_take() { # the command that was just read, into __reifierd_line; false where the history did not take it
  local __r_old __r_line
  __reifierd_line=
  [[ -o history ]] && ((__reifierd_based)) && __reifierd_last || return 1
  [[ $__reifierd_raw != "$__reifierd_base" ]] || return 1
  if builtin shopt -q cmdhist; then
    __reifierd_split "$__reifierd_raw"
    __reifierd_line=$__reifierd_text
    return 0
  fi
  __reifierd_split "$__reifierd_base"
  __r_old=${__reifierd_number:-0}
  __reifierd_split "$__reifierd_raw"
  __reifierd_line=$__reifierd_text
  if ((__reifierd_number - __r_old > 1)); then # one entry a line
    __reifierd_last $((__reifierd_number - __r_old)) || return 1
    __reifierd_line=
    while IFS= builtin read -r __r_line; do
      __reifierd_split "$__r_line"
      __reifierd_line+=${__reifierd_line:+$'\n'}$__reifierd_text
    done <"$__reifierd_tmp"
  fi
}

__reifierd_value() { # the value of the variable $1
  [[ -n ${!1+set} ]] && __reifierd_got=${!1}
}

__reifierd_named() { # is one of the programs that we know a word of $1?
  local __r_word -
  set -f
  for __r_word in ${1//[;&|(]/ }; do
    [[ -z ${__reifierd_modes[${__r_word##*/}.]-} ]] || return 0
  done
  return 1
}

__reifierd_program() { # what is known of the program $1
  __r_mode=${__reifierd_modes[$1.]-}
  __r_values=${__r_mode#* }
  __r_mode=${__r_mode%% *}
  [[ -n $__r_mode ]]
}

__reifierd_slurp() { # the text of the file $1, unless it is large, binary or no file
  local LC_ALL=C IFS=
  __reifierd_state=unread __reifierd_text=
  if [[ ! -e $1 && ! -L $1 ]]; then __reifierd_state=absent; return 0; fi
  [[ -f $1 && -r $1 ]] || return 0
  builtin read -r -N 262145 __reifierd_text <"$1"
  ((${#__reifierd_text} <= 262144)) || return 0
  if builtin read -r -d '' __reifierd_text <"$1"; then return 0; fi # a NUL was found
  __reifierd_state=file
}

__reifierd_debug() { # before the first command of a line; $1 is $?, $2 is $_ as that command will see it
  local -
  set +aefkuvxET +o noclobber
  local __r_exit=$1 __r_first IFS=$' \t\n'
  __reifierd_done=0 __reifierd_arg=$2
  ((__reifierd_t0)) && [[ $BASHPID == "$$" ]] || return "$__r_exit"
  __reifierd_done=1
  if [[ $BASH_COMMAND == *__reifierd_* ]]; then
    :
  elif ((__reifierd_seen)); then
    __reifierd_repeat=0
  elif __reifierd_take; then
    __reifierd_seen=1 __reifierd_new=1
    [[ -z ${REIFIERD_OFF-} || $REIFIERD_OFF == 0 ]] || __reifierd_hush=1
    __r_first=${__reifierd_line%%[[:space:]]*}
    [[ $__r_first == *[!A-Za-z0-9_.-]* || -z $__r_first ]] || __r_first=${BASH_ALIASES[$__r_first]-$__r_first}
    if [[ ${PROMPT_COMMAND-} == "$__reifierd_pre"* ]] && ((!__reifierd_hush)); then
      __reifierd_before "$__r_first${__reifierd_line#"${__reifierd_line%%[[:space:]]*}"}"
    fi
  else
    __reifierd_seen=1
    [[ -z ${REIFIERD_OFF-} || $REIFIERD_OFF == 0 ]] || __reifierd_hush=1
    __reifierd_split "$__reifierd_raw"
    # the same as last time and kept out as a duplicate? Where a leading space may be the reason instead, nothing is recorded
    if [[ -o history && ${HISTCONTROL-} == *ignoredups* && ${HISTCONTROL-} != *ignorespace* &&
      $BASH_COMMAND == "$__reifierd_said" && $__reifierd_text == "$__reifierd_said" ]]; then
      __reifierd_repeat=1 __reifierd_done=0 __reifierd_line=$__reifierd_text
    fi
  fi
  ((__reifierd_done)) && [[ -n $__reifierd_user ]] && builtin trap -- "$__reifierd_user" DEBUG
  return "$__r_exit"
}

__reifierd_precmd() { # first at a prompt: the command has ended with $1
  local -
  set +aefkuvxET +o noclobber
  local __r_exit=$1 __r_t0=$__reifierd_t0 IFS=$' \t\n'
  __reifierd_t0=0
  ((__r_t0)) || return "$__r_exit"
  __reifierd_now
  ((__reifierd_seen)) || { __reifierd_take && __reifierd_new=1; }
  [[ -z ${REIFIERD_OFF-} || $REIFIERD_OFF == 0 ]] || __reifierd_hush=1
  if ((__reifierd_new || __reifierd_repeat)) && ((!__reifierd_hush)) && [[ -o history && -n $__reifierd_line ]]; then
    __reifierd_write "$__r_t0" $((__reifierd_clock - __r_t0)) "$__r_exit"
    __reifierd_said=$__reifierd_line
  fi
  __reifierd_reset
  return "$__r_exit"
}

__reifierd_reset() {
  __reifierd_t0=0 __reifierd_seen=0 __reifierd_new=0 __reifierd_repeat=0 __reifierd_hush=0
  __reifierd_paths=() __reifierd_were=() __reifierd_olds=() __reifierd_line=
}

__reifierd_write() { # start, duration, exit
  local __r_mask
  ((++__reifierd_seq))
  if [[ ! -e $__reifierd_spool ]]; then # made 0600, whatever the umask is
    builtin umask >|"$__reifierd_tmp" && builtin read -r __r_mask <"$__reifierd_tmp" || return 0
    builtin umask 077
    : >>"$__reifierd_spool"
    builtin umask "$__r_mask"
  fi
  {
    if [[ ! -s $__reifierd_spool ]]; then
      builtin printf 'H1\0p=%s\0y=%s\0h=%s\0u=%s\0k=bash\0v=%s\0.\0' "$$" "$__reifierd_tty" "${HOSTNAME-}" "$__reifierd_who" "$BASH_VERSION"
      __reifierd_dirty=1
    fi
    if ((__reifierd_dirty)); then
      builtin printf 'E1\0'
      ((${#__reifierd_env[@]})) && builtin printf 'x=%s\0' "${__reifierd_env[@]}"
      builtin printf '.\0'
      __reifierd_dirty=0
    fi
    builtin printf 'R1\0n=%s\0t=%s\0d=%s\0e=%s\0w=%s\0c=%s\0m=' "$__reifierd_seq" "$1" "$2" "$3" "$__reifierd_cwd" "$__reifierd_line"
    builtin umask
    builtin printf '\0'
    ((${#__reifierd_paths[@]})) && __reifierd_after
    builtin printf '.\0'
  } >>"$__reifierd_spool"
}

__reifierd_ready() { # last at a prompt: what the next command starts from
  local -
  set +aefkuvxET +o noclobber
  __reifierd_reset # again, for the prompt at which somebody's assignment kept our first part out
  __reifierd_cwd=$PWD
  __reifierd_look
  if [[ $__reifierd_seen_env != "$__reifierd_now_env" || $__reifierd_said == *@(export|declare|typeset)* ]]; then
    __reifierd_seen_env=$__reifierd_now_env
    __reifierd_remember
  fi
  __reifierd_last
  __reifierd_base=$__reifierd_raw __reifierd_based=1
  __reifierd_attach
}

__reifierd_remember() { # the allowlisted names that are exported, as NAME=value
  local __r_name
  __reifierd_env=() __reifierd_dirty=1 # a name may have been exported without a new value
  for __r_name in "${__reifierd_names[@]}"; do
    [[ -n ${!__r_name+set} && ${!__r_name@a} == *x* ]] && __reifierd_env+=("$__r_name=${!__r_name}")
  done
}

__reifierd_arm() { # the scratch file holds the DEBUG trap that stands now: ours goes in front of it
  local -
  set +aefkuvxET +o noclobber
  local __r_trap=''
  if [[ -s $__reifierd_tmp ]]; then
    IFS= builtin read -r -d '' __r_trap <"$__reifierd_tmp"
    [[ $__r_trap != *__reifierd_debug* ]] || return 0
    builtin eval "__r_trap=($__r_trap)" # trap -p prints words quoted for reuse as input: trap -- 'command' DEBUG
    __reifierd_user=${__r_trap[2]-}
    [[ -n $__reifierd_user ]] || return 0 # the signal is ignored: so be it
    if [[ $__reifierd_user != - ]]; then # a lone dash is posix mode's way to say that there is none
      builtin trap -- '{ __reifierd_debug "$?" "$_" && : "$_"; } 2>/dev/null'$'\n'"$__reifierd_user" DEBUG
      return 0
    fi
  fi
  __reifierd_user=
  builtin trap -- '{ __reifierd_debug "$?" "$_" && : "$_"; ((__reifierd_done)) && \builtin trap - DEBUG; : "$__reifierd_arg"; } 2>/dev/null' DEBUG
}

__reifierd_strip() { # $1 without our own two calls, into __reifierd_text
  __reifierd_text=$1
  while [[ $__reifierd_text == "$__reifierd_pre"* ]]; do
    __reifierd_text=${__reifierd_text#"$__reifierd_pre"}
    __reifierd_text=${__reifierd_text#"${__reifierd_text%%[!;[:space:]]*}"}
  done
  while [[ $__reifierd_text == *"$__reifierd_post" ]]; do
    __reifierd_text=${__reifierd_text%"$__reifierd_post"}
    __reifierd_text=${__reifierd_text%"${__reifierd_text##*[!;[:space:]]}"}
  done
  __reifierd_text=${__reifierd_text//"$__reifierd_pre"/:}
  __reifierd_text=${__reifierd_text//"$__reifierd_post"/:}
}

__reifierd_attach() { # PS0 and PROMPT_COMMAND hold us, first and last, whatever was assigned since
  local __r_each
  local -a __r_rest=()
  if [[ ${PS0-} == "$__reifierd_ps0" ]] && builtin shopt -q promptvars; then
    :
  elif ! builtin shopt -q promptvars; then # PS0 would be shown as it stands
    [[ ${PS0-} != *"$__reifierd_mark"* ]] || PS0=${PS0//"$__reifierd_mark"/}
  elif [[ ${PS0-} != *"$__reifierd_mark"* ]]; then
    PS0=${PS0-}$__reifierd_mark
    __reifierd_ps0=$PS0
  fi
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then # an array, each with its own $?, $_ and PIPESTATUS
    [[ ${PROMPT_COMMAND[0]-} != "$__reifierd_pre" || ${PROMPT_COMMAND[${#PROMPT_COMMAND[@]} - 1]-} != "$__reifierd_post" ]] || return 0
    for __r_each in "${PROMPT_COMMAND[@]}"; do
      __reifierd_strip "$__r_each"
      [[ -z $__reifierd_text ]] || __r_rest+=("$__reifierd_text")
    done
    PROMPT_COMMAND=("$__reifierd_pre" "${__r_rest[@]}" "$__reifierd_post")
  elif [[ ${PROMPT_COMMAND-} != "$__reifierd_pre"$'\n'*"$__reifierd_post" ]]; then
    __reifierd_strip "${PROMPT_COMMAND-}"
    PROMPT_COMMAND=$__reifierd_pre$'\n'$__reifierd_text$'\n'$__reifierd_post
  fi
}

__reifierd_tables() {
  local __r_name __r_mode __r_rest __r_look=''
  declare -gA __reifierd_modes=()
  while builtin read -r __r_name __r_mode __r_rest; do
    __reifierd_modes[$__r_name.]="$__r_mode $__r_rest" # the dot: no key is ever empty
  done <<<"$__reifierd_programs"
  for __r_name in "${__reifierd_names[@]}"; do __r_look+="\${$__r_name-}|"; done
  builtin eval "__reifierd_look() { __reifierd_now_env=\"$__r_look\"; }"
}

__reifierd_start() {
  local -
  set +aefkuvxET +o noclobber
  local IFS=$' \t\n'
  [[ -d $__reifierd_folder ]] || (umask 077 && command mkdir -p -- "$__reifierd_folder")
  [[ -d $__reifierd_folder && -O $__reifierd_folder && ! -L $__reifierd_folder && -O ${__reifierd_folder%/*} ]] || return 0
  if [[ ${__reifierd_session-} != "bash-$$-"* ]]; then
    __reifierd_now
    __reifierd_session=bash-$$-$__reifierd_clock
    __reifierd_reset
    __reifierd_ps0=' ' __reifierd_seq=0 __reifierd_done=0 __reifierd_dirty=1 __reifierd_said='' __reifierd_base='' __reifierd_user='' __reifierd_seen_env='' __reifierd_arg=''
    __reifierd_nil='' __reifierd_cwd=$PWD __reifierd_based=0
    __reifierd_env=()
    __reifierd_tty=$(command tty)
    [[ $__reifierd_tty == /* ]] || __reifierd_tty=
    __reifierd_who='\u' __reifierd_who=${__reifierd_who@P}
  fi
  __reifierd_spool=$__reifierd_folder/$__reifierd_session.spool
  __reifierd_tmp=$__reifierd_folder/.$__reifierd_session.tmp
  __reifierd_pre='{ __reifierd_precmd "$?" "$_" && : "$_"; } 2>/dev/null'
  __reifierd_post='{ __reifierd_ready && \builtin trap -p DEBUG >|"$__reifierd_tmp" && __reifierd_arm || :; } 2>/dev/null'
  if [[ -n ${EPOCHREALTIME-} ]]; then
    __reifierd_mark='${__reifierd_nil:$((__reifierd_t0=${EPOCHREALTIME/[^0-9]/},0)):0}'
  else
    __reifierd_mark='${__reifierd_nil:$((__reifierd_t0=\D{%s}000000,0)):0}'
  fi
  __reifierd_tables
  __reifierd_attach
}
