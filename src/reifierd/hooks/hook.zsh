# Records the commands of this shell for reifierd. Builtins and zsh's own modules only: nothing is forked at a prompt.
# preexec has the line and takes the time and the copies, precmd writes the record when the command has ended.
# Under REIFIERD_OFF a line leaves a mark without its text: when it ran and how many bytes it has. What a zshaddhistory function
# keeps out of the history is not recorded: each one is wrapped before a line is read, since only its status tells.

__reifierd_now() { # microseconds since the epoch
  local -a __r_time
  __r_time=("${epochtime[@]}")
  __reifierd_clock=$((__r_time[0] * 1000000 + __r_time[1] / 1000))
}

__reifierd_value() { # the value of the variable $1
  [[ ${(Pt)1} == scalar* || ${(Pt)1} == integer* ]] && __reifierd_got=${(P)1}
}

__reifierd_named() { # is one of the programs that we know a word of $1?
  [[ $1 == *[[:space:]\;\&\|\(/](${~__reifierd_any})[[:space:]]* ]]
}

__reifierd_program() { # what is known of the program $1
  __r_mode=${__reifierd_modes[$1]-}
  __r_values=${__r_mode#* }
  __r_mode=${__r_mode%% *}
  [[ -n $__r_mode ]]
}

__reifierd_slurp() { # the text of the file $1, unless it is large, binary or no file
  local -a __r_size
  __reifierd_state=unread __reifierd_text=
  if [[ ! -e $1 && ! -L $1 ]]; then __reifierd_state=absent; return 0; fi
  [[ -f $1 && -r $1 ]] && zstat -A __r_size +size -- "$1" && ((__r_size[0] <= 262144)) || return 0
  if ((__r_size[0])); then
    __reifierd_text=${mapfile[$1]}
    [[ -n $__reifierd_text && $__reifierd_text != *$'\0'* ]] || { __reifierd_text=; return 0; }
  fi
  __reifierd_state=file
}

__reifierd_kept() { # does the history keep the line $1?
  [[ -n $1 && $HISTSIZE -gt 0 ]] && ((!__reifierd_veto)) || return 1
  [[ $__r_space == on && $1 == ' '* ]] && return 1
  [[ -z ${HISTORY_IGNORE-} || $1 != ${~HISTORY_IGNORE} ]]
}

__reifierd_preexec() { { # $1 the line as typed, $3 with its aliases expanded
  local __r_space=off
  [[ ! -o hist_ignore_space ]] || __r_space=on
  builtin emulate -LR zsh
  builtin setopt ksh_arrays
  __reifierd_line='' __reifierd_hush=0
  [[ -z ${REIFIERD_OFF-} || $REIFIERD_OFF == 0 ]] || __reifierd_hush=1
  if __reifierd_kept "$1"; then
    __reifierd_line=$1
    ((__reifierd_hush)) || __reifierd_before "$3"
  fi
  __reifierd_veto=0
  __reifierd_cwd=$PWD
  __reifierd_look
  if [[ $__reifierd_seen_env != "$__reifierd_now_env" || $__reifierd_said == *(export|declare|typeset)* ]]; then
    __reifierd_seen_env=$__reifierd_now_env
    __reifierd_remember
  fi
  __reifierd_now
  __reifierd_t0=$__reifierd_clock __reifierd_marked=0
  if [[ -n $__reifierd_line ]] && ((__reifierd_hush)); then __reifierd_silence; fi # now: the history may be written already
} 2>/dev/null; }

__reifierd_precmd() { {
  local __r_exit=$? __r_t0=$__reifierd_t0
  builtin emulate -LR zsh
  builtin setopt ksh_arrays
  [[ -z ${functions[zshaddhistory]-}${zshaddhistory_functions-} ]] || __reifierd_wrap
  ((__r_t0)) || return 0
  __reifierd_now
  __reifierd_t0=0
  [[ -z ${REIFIERD_OFF-} || $REIFIERD_OFF == 0 ]] || __reifierd_hush=1
  if [[ -z $__reifierd_line ]]; then
    :
  elif ((!__reifierd_hush)); then
    __reifierd_write "$__r_t0" $((__reifierd_clock - __r_t0)) "$__r_exit"
  elif ((!__reifierd_marked)); then
    __reifierd_t0=$__r_t0
    __reifierd_silence
    __reifierd_t0=0
  fi
  __reifierd_said=$__reifierd_line
  __reifierd_paths=() __reifierd_were=() __reifierd_olds=() __reifierd_line=
} 2>/dev/null; }

__reifierd_wrap() { # each zshaddhistory function of the user's, so that its refusal is known
  local __r_name
  for __r_name in zshaddhistory "${zshaddhistory_functions[@]}"; do
    [[ -n ${functions[$__r_name]-} && ${functions[$__r_name]} != *__reifierd_veto* ]] || continue
    [[ ${functions[$__r_name]} != 'builtin autoload -X'* ]] || builtin autoload +X -- "$__r_name" || continue
    functions[__reifierd_their_$__r_name]=${functions[$__r_name]}
    functions[$__r_name]="__reifierd_their_$__r_name \"\$@\" || { set -- \$?; __reifierd_veto=1; return \$1; }"
  done
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
    builtin printf 'H1\0p=%s\0y=%s\0h=%s\0u=%s\0k=zsh\0v=%s\0.\0' "$$" "$__reifierd_tty" "$HOST" "$__reifierd_who" "$ZSH_VERSION"
    __reifierd_dirty=1
  fi
  ((__reifierd_dirty)) || return 0
  builtin printf 'E1\0'
  ((${#__reifierd_env[@]})) && builtin printf 'x=%s\0' "${__reifierd_env[@]}"
  builtin printf '.\0'
  __reifierd_dirty=0
}

__reifierd_write() { # start, duration, exit
  local IFS=$' \t\n'
  [[ -e $__reifierd_spool ]] || __reifierd_open || return 0
  __reifierd_seq=$((__reifierd_seq + 1))
  {
    __reifierd_head
    builtin printf 'R1\0n=%s\0t=%s\0d=%s\0e=%s\0w=%s\0c=%s\0m=' "$__reifierd_seq" "$1" "$2" "$3" "$__reifierd_cwd" "$__reifierd_line"
    builtin umask
    builtin printf '\0'
    ((${#__reifierd_paths[@]})) && __reifierd_after
    builtin printf '.\0'
  } >>"$__reifierd_spool"
}

__reifierd_silence() { # a mark for a line that nothing is recorded of: when it was started, and how many bytes its lines have
  builtin setopt local_options no_multibyte
  local __r_rest=$__reifierd_line __r_sizes='' __r_each
  while [[ -n $__r_rest ]]; do
    __r_each=${__r_rest%%$'\n'*}
    [[ -z ${__r_each//[[:space:]]/} ]] || __r_sizes+="${#__r_each} "
    [[ $__r_rest == *$'\n'* ]] || break
    __r_rest=${__r_rest#*$'\n'}
  done
  __reifierd_marked=1
  [[ -e $__reifierd_spool ]] || __reifierd_open || return 0
  __reifierd_seq=$((__reifierd_seq + 1))
  {
    __reifierd_head
    builtin printf 'O1\0n=%s\0t=%s\0d=0\0l=%s\0.\0' "$__reifierd_seq" "$__reifierd_t0" "$__r_sizes"
  } >>"$__reifierd_spool"
}

__reifierd_remember() { # the allowlisted names that are exported, as NAME=value
  local __r_name
  __reifierd_env=() __reifierd_dirty=1
  for __r_name in "${__reifierd_names[@]}"; do
    [[ ${(Pt)__r_name} == *export* ]] && __reifierd_env+=("$__r_name=${(P)__r_name}")
  done
}

__reifierd_tables() {
  local __r_line __r_name __r_look=''
  typeset -gA __reifierd_modes
  __reifierd_modes=() __reifierd_any=
  for __r_line in "${(@f)__reifierd_programs}"; do
    __r_name=${__r_line%% *}
    __reifierd_modes[$__r_name]=${__r_line#* }
    __reifierd_any+=${__reifierd_any:+|}$__r_name
  done
  for __r_name in "${__reifierd_names[@]}"; do __r_look+="\${$__r_name-}|"; done
  builtin eval "__reifierd_look() { __reifierd_now_env=\"$__r_look\"; }"
}

__reifierd_start() {
  builtin emulate -LR zsh
  builtin setopt no_aliases
  [[ -d $__reifierd_folder ]] || (umask 077 && command mkdir -p -- "$__reifierd_folder")
  [[ -d $__reifierd_folder && -O $__reifierd_folder && ! -L $__reifierd_folder && -O ${__reifierd_folder%/*} ]] || return 0
  builtin zmodload zsh/datetime zsh/parameter || return 0
  builtin zmodload zsh/mapfile
  builtin zmodload -F zsh/stat b:zstat
  if [[ ${__reifierd_session-} != zsh-$$-* ]]; then
    __reifierd_session=zsh-$$-$((epochtime[1] * 1000000 + epochtime[2] / 1000))
    __reifierd_seq=0 __reifierd_t0=0 __reifierd_hush=0 __reifierd_veto=0 __reifierd_marked=0 __reifierd_dirty=1 __reifierd_seen_env='' __reifierd_said='' __reifierd_line=''
    __reifierd_paths=() __reifierd_were=() __reifierd_olds=() __reifierd_env=()
    __reifierd_tty=${TTY-} __reifierd_who=${(%):-%n}
  fi
  __reifierd_spool=$__reifierd_folder/$__reifierd_session.spool
  __reifierd_tmp=$__reifierd_folder/.$__reifierd_session.tmp
  __reifierd_tables
  builtin autoload -Uz add-zsh-hook
  add-zsh-hook preexec __reifierd_preexec
  add-zsh-hook precmd __reifierd_precmd
} 2>/dev/null
