# Records the commands of this shell for reifierd. Builtins only: nothing is forked at a prompt.
# PS0 takes the time when a command starts, PROMPT_COMMAND writes the record when it has ended. In between, a DEBUG trap that
# removes itself at its first firing keeps the history's own line, and copies of files that the line is about to change.
# Under REIFIERD_OFF a line leaves a mark without its text: when it ran and how long it is, so that it is known again, and left
# out, where the history file is read. An ordinary prompt must stay far below a millisecond: every statement counts.
#
# A PROMPT_COMMAND=(…) that is assigned whole takes the hook out: PS0 puts it back as the next command starts (bash 5.1), and of
# the line with the assignment only the history file knows. Where PS0 goes too, or `shopt -u promptvars` stands, nothing can.

__reifierd_now() { # microseconds since the epoch; bash 4.4 has whole seconds only
  if [[ -n ${EPOCHREALTIME-} ]]; then
    __reifierd_clock=${EPOCHREALTIME/[!0-9]/}
  else
    builtin printf -v __reifierd_clock '%(%s)T000000' -1
  fi
}

__reifierd_last() { # the $1 newest lines of the history as printed, with a time in the format $2; false where there is none
  local HISTTIMEFORMAT=$2 # readonly? Then the user's own stays
  builtin history "$1" >|"$__reifierd_tmp" && builtin mapfile -d '' -t __reifierd_raw <"$__reifierd_tmp" && [[ -n ${__reifierd_raw-} ]] || return 1
  __reifierd_width=7
  [[ -z $HISTTIMEFORMAT && ${__reifierd_raw:5:1} == ' ' ]] || __reifierd_measure
}

__reifierd_measure() { # how many characters stand before the text of an entry as printed
  local __r_stamp=''
  __reifierd_entry=${__reifierd_raw#"${__reifierd_raw%%[! ]*}"}
  __reifierd_entry=${__reifierd_entry%%[!0-9]*}
  [[ -z $HISTTIMEFORMAT ]] || builtin printf -v __r_stamp "%($HISTTIMEFORMAT)T" -1
  __reifierd_width=$(((${#__reifierd_entry} < 5 ? 5 : ${#__reifierd_entry}) + 2 + ${#__r_stamp}))
}

__reifierd_take() { # the command that was just read, into __reifierd_line; false where the history did not take it
  local __r_line
  __reifierd_line=
  [[ -o history ]] || return 1
  if ((__reifierd_exact)); then # the number alone does not tell
    __reifierd_last 1 '%s ' && [[ $__reifierd_raw != "$__reifierd_base" ]] || return 1
  else
    ((__reifierd_at != __reifierd_number)) && __reifierd_last 1 '' || return 1
  fi
  __reifierd_line=${__reifierd_raw:__reifierd_width:${#__reifierd_raw}-__reifierd_width-1}
  if ((__reifierd_at - __reifierd_number > 1)) && ! builtin shopt -q cmdhist; then # one entry a line
    __reifierd_last $((__reifierd_at - __reifierd_number)) '' || return 1
    __reifierd_line=
    while IFS= builtin read -r __r_line; do
      __reifierd_line+=${__reifierd_line:+$'\n'}${__r_line:__reifierd_width}
    done <"$__reifierd_tmp"
  fi
  while [[ $__reifierd_line == *$'\n' ]]; do __reifierd_line=${__reifierd_line%$'\n'}; done # here-documents end with one more
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
  # read fails at the end of the file; else a NUL was found, or too much. (With -N it would skip the NULs of a sparse image.)
  if builtin read -r -d '' -n 262145 __reifierd_text <"$1"; then __reifierd_text=; return 0; fi
  __reifierd_state=file
}

__reifierd_debug() { # before the first command of a line; $1 is $?, $2 is $_ as that command will see it
  [[ $- != *[aefkuvxCET]* ]] || { local - && set +aefkuvxCET; }
  __reifierd_done=0 __reifierd_arg=$2
  ((__reifierd_t0)) && [[ $BASHPID == "$$" ]] || return "$1"
  __reifierd_done=1
  if [[ $BASH_COMMAND == *__reifierd_* ]]; then
    :
  elif ((__reifierd_seen)); then
    __reifierd_repeat=0
  else
    __reifierd_first
  fi
  ((__reifierd_done)) && [[ -n $__reifierd_user ]] && builtin trap -- "$__reifierd_user" DEBUG
  return "$1"
}

__reifierd_first() { # what is kept of a line before its first command runs
  local __r_word IFS=$' \t\n'
  __reifierd_seen=1 __reifierd_paths=()
  [[ -z ${REIFIERD_OFF-} || $REIFIERD_OFF == 0 ]] || __reifierd_hush=1
  if __reifierd_take; then
    __reifierd_new=1
    if ((__reifierd_hush)); then
      __reifierd_silence # now: a shell may write its history, or be replaced, before this command ends
    elif [[ $__reifierd_line == *[[:space:]\>]* ]]; then
      __r_word=${__reifierd_line%%[[:space:]]*}
      if [[ $__r_word != *[!A-Za-z0-9_.-]* && -n $__r_word && -n ${BASH_ALIASES[$__r_word]-} ]]; then
        __reifierd_before "${BASH_ALIASES[$__r_word]}${__reifierd_line#"$__r_word"}"
      else
        __reifierd_before "$__reifierd_line"
      fi
    fi
  # the same as last time and kept out as a duplicate? Where a leading space may be the reason instead, nothing is recorded
  elif [[ -o history && ${HISTCONTROL-} == *ignoredups* && ${HISTCONTROL-} != *ignorespace* && $BASH_COMMAND == "$__reifierd_said" ]] &&
    __reifierd_last 1 '' && [[ ${__reifierd_raw:__reifierd_width} == "$__reifierd_said"$'\n' ]]; then
    __reifierd_repeat=1 __reifierd_done=0 __reifierd_line=$__reifierd_said
  fi
}

__reifierd_precmd() { # first at a prompt: the command has ended with $1
  ((__reifierd_t0)) || return "$1"
  [[ $- != *[aefkuvxCET]* ]] || { local - && set +aefkuvxCET; }
  local __r_t0=$__reifierd_t0 __r_before=$__reifierd_clock
  __reifierd_t0=0
  __reifierd_now
  if ((!__reifierd_seen)); then
    __reifierd_paths=()
    __reifierd_take && __reifierd_new=1
  fi
  [[ -z ${REIFIERD_OFF-} || $REIFIERD_OFF == 0 ]] || __reifierd_hush=1
  if ((__reifierd_hush)); then
    ((__reifierd_new && !__reifierd_marked)) && __reifierd_silence "$__r_t0" "$__r_before"
  elif ((__reifierd_new || __reifierd_repeat)) && [[ -o history && -n $__reifierd_line ]]; then
    __reifierd_write "$__r_t0" "$((__reifierd_clock - __r_t0))" "$1"
    __reifierd_said=$__reifierd_line
  fi
  ((!${#__reifierd_paths[@]})) || __reifierd_paths=() __reifierd_were=() __reifierd_olds=()
  return "$1"
}

__reifierd_open() { # the spool of this shell, made 0600 whatever the umask is
  local __r_mask
  builtin umask >|"$__reifierd_tmp" && builtin read -r __r_mask <"$__reifierd_tmp" || return 1
  builtin umask 077
  : >>"$__reifierd_spool"
  builtin umask "$__r_mask"
}

__reifierd_head() { # who this shell is, and the environment that the records after it ran with
  if [[ ! -s $__reifierd_spool ]]; then
    builtin printf 'H1\0p=%s\0y=%s\0h=%s\0u=%s\0k=bash\0v=%s\0.\0' "$$" "$__reifierd_tty" "${HOSTNAME-}" "$__reifierd_who" "$BASH_VERSION"
    __reifierd_dirty=1
  fi
  ((__reifierd_dirty)) || return 0
  builtin printf 'E1\0'
  ((${#__reifierd_env[@]})) && builtin printf 'x=%s\0' "${__reifierd_env[@]}"
  builtin printf '.\0'
  __reifierd_dirty=0
}

__reifierd_write() { # start, duration, exit
  [[ -e $__reifierd_spool ]] || __reifierd_open || return 0
  ((++__reifierd_seq))
  {
    ((!__reifierd_dirty)) && [[ -s $__reifierd_spool ]] || __reifierd_head
    builtin printf 'R1\0n=%s\0t=%s\0d=%s\0e=%s\0w=%s\0c=%s\0m=' "$__reifierd_seq" "$1" "$2" "$3" "$__reifierd_cwd" "$__reifierd_line"
    builtin umask
    if ((${#__reifierd_paths[@]})); then
      builtin printf '\0'
      __reifierd_after
      builtin printf '.\0'
    else
      builtin printf '\0.\0'
    fi
  } >>"$__reifierd_spool"
}

__reifierd_silence() { # a mark for a line that nothing is recorded of: when it was typed and run, and how many bytes its lines have
  local LC_ALL=C __r_t0=${1-$__reifierd_t0} __r_from=${2-$__reifierd_clock} __r_rest=$__reifierd_line __r_sizes='' __r_each
  [[ $__r_rest == *$'\n'* ]] || __r_from=$__r_t0 # of several lines the first was typed at any time since the prompt
  while :; do
    __r_each=${__r_rest%%$'\n'*}
    [[ -z ${__r_each//[[:space:]]/} ]] || __r_sizes+=${#__r_each}' '
    [[ $__r_rest == *$'\n'* ]] || break
    __r_rest=${__r_rest#*$'\n'}
  done
  __reifierd_marked=1
  [[ -e $__reifierd_spool ]] || __reifierd_open || return 0
  ((++__reifierd_seq))
  {
    [[ -s $__reifierd_spool ]] || __reifierd_head
    builtin printf 'O1\0n=%s\0t=%s\0d=%s\0l=%s\0.\0' "$__reifierd_seq" "$__r_from" "$((__r_t0 - __r_from))" "$__r_sizes"
  } >>"$__reifierd_spool"
}

__reifierd_ready() { # last at a prompt: what the next command starts from; $1 is $?
  [[ $- != *[aefkuvxCET]* ]] || { local - && set +aefkuvxCET; }
  ((!__reifierd_t0)) || __reifierd_precmd "$1"
  __reifierd_cwd=$PWD
  if ((__reifierd_parts > 1 || ${#__reifierd_user})) || __reifierd_may_export; then __reifierd_remember; fi
  __reifierd_line=
  __reifierd_number=${__reifierd_bang@P} # with it is told whether the history takes the next command
  if ((__reifierd_number < 2)) || [[ ${HISTCONTROL-} == *erasedups* ]]; then # an erased entry leaves the number as it was
    __reifierd_exact=1 __reifierd_base=''
    __reifierd_last 1 '%s ' && __reifierd_base=$__reifierd_raw __reifierd_number=$__reifierd_entry
  else
    __reifierd_exact=0
  fi
  ((${#PS0} == ${#__reifierd_ps0} && ${#PROMPT_COMMAND[@]} == __reifierd_parts && ${#PROMPT_COMMAND[__reifierd_slot]} == __reifierd_size)) &&
    builtin shopt -q promptvars || __reifierd_attach
}

__reifierd_may_export() { # can the last line have changed this shell's environment? One external program cannot
  local __r_word=${__reifierd_line%%[[:space:]]*}
  case $__reifierd_line in '' | *[\;\&\|\(\)\`\{]* | *$'\n'*) return 0 ;; esac
  case $__r_word in
    *[!A-Za-z0-9_./+-]* | . | source | eval | export | declare | typeset | readonly | unset | read | readarray | mapfile) return 0 ;;
    local | printf | let | getopts | command | builtin | exec | cd | pushd | popd | set | shopt | trap | time | coproc | if | while | until | for | select | case) return 0 ;;
  esac
  [[ -n ${BASH_ALIASES[$__r_word]-} ]] || builtin declare -F -- "$__r_word" >/dev/null
}

__reifierd_remember() { # the allowlisted names that are exported, as NAME=value, where one has changed
  local __r_name
  __reifierd_look
  [[ $__reifierd_seen_env != "$__reifierd_now_env" || $__reifierd_line == *@(export|declare|typeset)* ]] || return 0
  __reifierd_seen_env=$__reifierd_now_env
  __reifierd_env=() __reifierd_dirty=1 # a name may have been exported without a new value
  for __r_name in "${__reifierd_names[@]}"; do
    [[ -n ${!__r_name+set} && ${!__r_name@a} == *x* ]] && __reifierd_env+=("$__r_name=${!__r_name}")
  done
}

__reifierd_arm() { # the scratch file holds the DEBUG trap that stands now: ours goes in front of it
  local __r_trap=''
  [[ $- != *[aefkuvxCET]* ]] || { local - && set +aefkuvxCET; }
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
  builtin trap -- '{ __reifierd_debug "$?" "$_" || :; ((__reifierd_done)) && \builtin trap - DEBUG; : "$__reifierd_arg"; } 2>/dev/null' DEBUG
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
  if ! builtin shopt -q promptvars; then # PS0 would be shown as it stands
    [[ ${PS0-} != *"$__reifierd_mark"* ]] || PS0=${PS0//"$__reifierd_mark"/}
  else
    [[ ${PS0-} == *"$__reifierd_mark"* ]] || PS0=${PS0-}$__reifierd_mark
    __reifierd_ps0=$PS0
  fi
  if ((__reifierd_slot)); then # an array, each part with its own $?, $_ and PIPESTATUS
    for __r_each in "${PROMPT_COMMAND[@]}"; do
      __reifierd_strip "$__r_each"
      [[ -z $__reifierd_text ]] || __r_rest+=("$__reifierd_text")
    done
    ((!${#__r_rest[@]})) || __r_rest=("$__reifierd_pre" "${__r_rest[@]}") # alone, the last part does the work of both
    PROMPT_COMMAND=("${__r_rest[@]}" [__reifierd_slot]="$__reifierd_post")
  else
    __reifierd_strip "${PROMPT_COMMAND-}"
    PROMPT_COMMAND=$__reifierd_pre$'\n'$__reifierd_text$'\n'$__reifierd_post
  fi
  __reifierd_parts=${#PROMPT_COMMAND[@]} __reifierd_size=${#PROMPT_COMMAND[__reifierd_slot]}
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
    __reifierd_t0=0 __reifierd_at=0 __reifierd_seen=0 __reifierd_new=0 __reifierd_repeat=0 __reifierd_hush=0 __reifierd_marked=0
    __reifierd_seq=0 __reifierd_done=0 __reifierd_dirty=1 __reifierd_exact=1 __reifierd_number=0 __reifierd_slot=0 __reifierd_width=0 __reifierd_entry=0
    __reifierd_ps0=' ' __reifierd_said='' __reifierd_base='' __reifierd_user='' __reifierd_seen_env='' __reifierd_arg='' __reifierd_line=''
    __reifierd_nil='' __reifierd_bang='\!' __reifierd_cwd=$PWD __reifierd_raw=() __reifierd_env=() __reifierd_paths=()
    __reifierd_tty=$(command tty)
    [[ $__reifierd_tty == /* ]] || __reifierd_tty=
    __reifierd_who='\u' __reifierd_who=${__reifierd_who@P}
  fi
  __reifierd_spool=$__reifierd_folder/$__reifierd_session.spool
  __reifierd_tmp=$__reifierd_folder/.$__reifierd_session.tmp
  __reifierd_pre='{ __reifierd_precmd "$?" "$_" && : "$_"; } 2>/dev/null'
  __reifierd_post='{ __reifierd_ready "$?" && \builtin trap -p DEBUG >|"$__reifierd_tmp" && __reifierd_arm || :; } 2>/dev/null'
  __reifierd_mark='\D{%s}000000'
  [[ -z ${EPOCHREALTIME-} ]] || __reifierd_mark='${EPOCHREALTIME/[^0-9]/}'
  __reifierd_mark="\${__reifierd_nil:\$((__reifierd_t0=$__reifierd_mark,__reifierd_at=\!,__reifierd_seen=__reifierd_new=__reifierd_repeat=__reifierd_hush=__reifierd_marked=0)):0}"
  if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)); then # far behind all others, so that PS0 sees at once whether it stands
    __reifierd_slot=7777
    __reifierd_mark+='${__reifierd_nil/${PROMPT_COMMAND[__reifierd_slot]:=$__reifierd_post}/}'
  fi
  __reifierd_tables
  __reifierd_attach
}
