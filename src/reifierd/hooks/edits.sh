# Which files a command line is about to change. Read by bash and by zsh (with ksh_arrays), so only what both read alike stands here.
# Nothing is run or expanded but literals, quotes, plain $NAME and a leading ~; a word with anything else in it is passed over.

__reifierd_candidate() { # is $1 worth a closer look? All that an ordinary prompt pays
  local __r_x=$1 __r_null='/dev/null' __r_mode __r_values
  [[ $__r_x == *[[:space:]\>]* ]] && ((${#__r_x} <= 65536)) || return 1
  if [[ $__r_x == *'>'* ]]; then
    __r_x=${__r_x//'>&'/}
    __r_x=${__r_x//">$__r_null"/}
    __r_x=${__r_x//"> $__r_null"/}
    [[ $__r_x != *'>'* ]] || return 0
  fi
  case $__r_x in
    *[\;\&\|\(\`\{]* | *$'\n'*) ;;
    *) # one simple command: its first word tells, unless another program follows that word
      case ${__r_x%%[[:space:]]*} in
        sudo | doas | command | builtin | exec | nohup | env | nice | ionice | stdbuf | time | '!' | *[!A-Za-z0-9_./+:-]* | '') ;;
        *) __r_x=${__r_x%%[[:space:]]*}; __reifierd_program "${__r_x##*/}"; return ;;
      esac ;;
  esac
  __reifierd_named " $__r_x " || [[ $__r_x == *sudo\ *-e* ]]
}

__reifierd_target() { # one more file, named $1 as seen from $__r_base
  local __r_path=$1 __r_p
  case $__r_path in
    '' | /dev/* | /proc/* | *$'\n'*) return 0 ;;
    /*) ;;
    *) [[ -n $__r_base ]] || return 0; __r_path=${__r_base%/}/${__r_path#./} ;;
  esac
  for __r_p in "${__reifierd_paths[@]}"; do [[ $__r_p != "$__r_path" ]] || return 0; done
  ((${#__reifierd_paths[@]} < 8)) && __reifierd_paths+=("$__r_path")
  return 0
}

__reifierd_into() { # the operands $2… arrive at $1: a folder, or a file of that name
  local __r_to=$1 __r_at=$1
  shift
  case $__r_at in /*) ;; *) __r_at=$__r_base/$__r_at ;; esac
  [[ -d $__r_at ]] || { __reifierd_target "$__r_to"; return 0; }
  while (($#)); do
    __r_at=${1%/}
    __reifierd_target "${__r_to%/}/${__r_at##*/}"
    shift
  done
}

__reifierd_operands() { # the words of one program from $1 on: its options read, its files named
  local __r_i=$1 __r_w __r_plain=0 __r_into='' __r_given=0 __r_inplace=0 __r_n=${#__r_words[@]}
  local -a __r_ops
  __r_ops=()
  for ((; __r_i < __r_n; __r_i++)); do
    __r_w=${__r_words[__r_i]}
    if ((!__r_plain)); then
      case $__r_mode:$__r_w in
        *:--) __r_plain=1; continue ;;
        last:-t | move:-t | last:--target-directory | move:--target-directory) __r_into=${__r_words[++__r_i]-}; continue ;;
        last:--target-directory=* | move:--target-directory=*) __r_into=${__r_w#*=}; continue ;;
        script:--in-place*) __r_inplace=1; continue ;;
        script:--expression=* | script:--file=*) __r_given=1; continue ;;
        script:-i* | script:-[!-]*i*) __r_inplace=1; [[ $__r_w != -[!i]*[eE] ]] || { __r_given=1; ((__r_i++)); }; continue ;;
        script:-[!-]*[eE] | script:-e | script:-E | script:-f | script:--expression | script:--file) __r_given=1; ((__r_i++)); continue ;;
        all:+*) continue ;;
        *:-?*) [[ " $__r_values " != *" $__r_w "* ]] || ((__r_i++)); continue ;;
      esac
    fi
    ((!__r_bads[__r_i])) || __r_w=
    __r_ops+=("$__r_w")
  done
  __r_n=${#__r_ops[@]}
  ((__r_n)) || return 0
  case $__r_mode in
    first) __reifierd_target "${__r_ops[0]}" ;;
    script) ((__r_inplace)) && for ((__r_i = !__r_given; __r_i < __r_n; __r_i++)); do __reifierd_target "${__r_ops[__r_i]}"; done ;;
    all) for ((__r_i = 0; __r_i < __r_n; __r_i++)); do __reifierd_target "${__r_ops[__r_i]}"; done ;;
    last | move)
      if [[ -z $__r_into ]]; then
        ((__r_n--))
        __r_into=${__r_ops[__r_n]}
      fi
      [[ -n $__r_into ]] || return 0
      [[ $__r_mode == last ]] || for ((__r_i = 0; __r_i < __r_n; __r_i++)); do __reifierd_target "${__r_ops[__r_i]}"; done
      __reifierd_into "$__r_into" "${__r_ops[@]:0:__r_n}" ;;
  esac
  return 0
}

__reifierd_simple() { # one simple command is complete in __r_words
  local __r_i=0 __r_w __r_wrapped='' __r_program='' __r_mode __r_values __r_n=${#__r_words[@]}
  for ((; __r_i < __r_n; __r_i++)); do
    __r_w=${__r_words[__r_i]}
    case $__r_wrapped:$__r_w in
      *:[A-Za-z_]*=*) ;;
      *:if | *:then | *:elif | *:else | *:while | *:until | *:do | *:'{' | *:'}' | *:'!' | *:fi | *:done | *:time) ;;
      *:sudo | *:doas) __r_wrapped=sudo ;;
      *:command | *:builtin | *:exec | *:nohup | *:env | *:nice | *:ionice | *:stdbuf) __r_wrapped=${__r_wrapped:-yes} ;;
      sudo:-e | sudo:--edit) __r_program=sudoedit; break ;;
      sudo:-[ughCpDrtTRU]) ((__r_i++)) ;;
      ?*:-*) ;;
      *) ((__r_bads[__r_i])) || __r_program=${__r_w##*/}; break ;;
    esac
  done
  if [[ $__r_program == cd || $__r_program == pushd ]]; then
    __r_w=${__r_words[__r_i + 1]-$HOME}
    ((${__r_bads[__r_i + 1]-0})) && __r_w=-
    case $__r_w in
      -*) __r_base= ;;
      /*) __r_base=$__r_w ;;
      *) [[ -z $__r_base ]] || __r_base=${__r_base%/}/${__r_w#./} ;;
    esac
  elif [[ -n $__r_program ]]; then
    __reifierd_program "$__r_program" && __reifierd_operands "$((__r_i + 1))"
  fi
  __r_words=() __r_bads=()
  return 0
}

__reifierd_word() { # a word is complete
  if ((__r_has)); then
    case $__r_next in
      out) ((__r_bad)) || __reifierd_target "$__r_word" ;;
      doc) __r_doc=$__r_word ;;
      in) ;;
      *) __r_words+=("$__r_word") __r_bads+=("$__r_bad") ;;
    esac
    __r_next=
  fi
  __r_word='' __r_has=0 __r_bad=0
}

__reifierd_dollar() { # __r_rest starts with a dollar: add the value of a plain name to the word
  local __r_name
  case $__r_rest in
    '${'[A-Za-z_]*'}'*) __r_name=${__r_rest#??}; __r_name=${__r_name%%[!A-Za-z0-9_]*} ;;
    '$'[A-Za-z_]*) __r_name=${__r_rest#?}; __r_name=${__r_name%%[!A-Za-z0-9_]*} ;;
    *) __r_bad=1 __r_word+='$' __r_rest=${__r_rest#?}; return 0 ;;
  esac
  case $__r_rest in
    '${'"$__r_name"'}'*) __r_rest=${__r_rest#*'}'} ;;
    '${'*) __r_bad=1 __r_rest=${__r_rest#??} ;;
    *) __r_rest=${__r_rest#?"$__r_name"} ;;
  esac
  case $__r_all in # set on this very line: its value is not known yet
    *"$__r_name="* | *"for $__r_name "* | *read*"$__r_name"*) __r_bad=1; return 0 ;;
  esac
  __reifierd_value "$__r_name" || { __r_bad=1; return 0; }
  [[ $1 == quoted || $__reifierd_got != *[[:space:]*?[]* ]] || __r_bad=1
  __r_word+=$__reifierd_got
}

__reifierd_quoted() { # __r_rest stands behind a double quote
  local __r_run
  while [[ -n $__r_rest && $__r_rest != '"'* ]]; do
    case $__r_rest in
      '$'*) __reifierd_dollar quoted ;;
      '`'*) __r_bad=1 __r_rest=${__r_rest#?} ;;
      '\'[\"\\\$\`]*) __r_rest=${__r_rest#?}; __r_word+=${__r_rest:0:1}; __r_rest=${__r_rest#?} ;;
      '\'*) __r_word+='\'; __r_rest=${__r_rest#?} ;;
      *) __r_run=${__r_rest%%[\"\\\$\`]*}; __r_word+=$__r_run; __r_rest=${__r_rest:${#__r_run}} ;;
    esac
  done
  __r_rest=${__r_rest#?}
}

__reifierd_parse() { # the files that the command line $1 may change, into __reifierd_paths
  local LC_ALL=C __r_all=$1 __r_rest=$1 __r_word='' __r_has=0 __r_bad=0 __r_next='' __r_base=$PWD __r_doc='' __r_run
  local -a __r_words __r_bads
  __r_words=() __r_bads=() __reifierd_paths=()
  while [[ -n $__r_rest ]]; do
    case $__r_rest in
      [A-Za-z0-9_./,:%@+=^-]*)
        __r_run=${__r_rest%%[!A-Za-z0-9_./,:%@+=^-]*}
        __r_word+=$__r_run __r_has=1 __r_rest=${__r_rest:${#__r_run}} ;;
      [[:blank:]]*) __reifierd_word; __r_rest=${__r_rest#?} ;;
      "'"*)
        __r_rest=${__r_rest#?} __r_has=1
        __r_word+=${__r_rest%%"'"*}
        [[ $__r_rest == *"'"* ]] || return 0
        __r_rest=${__r_rest#*"'"} ;;
      '"'*) __r_rest=${__r_rest#?} __r_has=1; __reifierd_quoted ;;
      '\'$'\n'*) __r_rest=${__r_rest#??} ;;
      '\'*) __r_rest=${__r_rest#?}; __r_word+=${__r_rest:0:1} __r_has=1; __r_rest=${__r_rest#?} ;;
      '$('* | '`'* | '<('* | '>('*) return 0 ;; # what follows is not read: half a list could be misleading
      '$'*) __r_has=1; __reifierd_dollar ;;
      '~'*)
        case $__r_has:$__r_rest in
          0:'~' | 0:'~'[/[:space:]\;\&\|]*) __r_word=$HOME ;;
          *) __r_word+='~' __r_bad=$((!__r_has)) ;;
        esac
        __r_has=1 __r_rest=${__r_rest#?} ;;
      '#'*)
        if ((__r_has)); then __r_word+='#' __r_rest=${__r_rest#?}
        else case $__r_rest in *$'\n'*) __r_rest=$'\n'${__r_rest#*$'\n'} ;; *) __r_rest= ;; esac; fi ;;
      '&>'*) __reifierd_word; __r_rest=${__r_rest#?} ;;
      '<<<'*) __reifierd_word; __r_next=in __r_rest=${__r_rest#???} ;;
      '<<'*) __reifierd_word; __r_next=doc __r_rest=${__r_rest#??}; __r_rest=${__r_rest#-} ;;
      '<'*) __reifierd_word; __r_next=in __r_rest=${__r_rest#?} ;;
      '>'*)
        case $__r_word in '' | *[!0-9]*) __reifierd_word ;; *) __r_word='' __r_has=0 ;; esac
        case $__r_rest in
          '>&'*) __r_next=in __r_rest=${__r_rest#??} ;;
          '>>'* | '>|'*) __r_next=out __r_rest=${__r_rest#??} ;;
          *) __r_next=out __r_rest=${__r_rest#?} ;;
        esac ;;
      $'\n'*)
        __reifierd_word; __reifierd_simple; __r_rest=${__r_rest#?}
        [[ -z $__r_doc ]] || __reifierd_skip ;;
      [\;\&\|]*) __reifierd_word; __reifierd_simple; __r_rest=${__r_rest#?} ;;
      '('*) __reifierd_word; __reifierd_simple; __r_rest=${__r_rest#?} ;;
      ')'*) __reifierd_word; __reifierd_simple; __r_base='' __r_rest=${__r_rest#?} ;; # a cd inside ended with it
      [*?[]*) __r_bad=1 __r_has=1 __r_word+=${__r_rest:0:1} __r_rest=${__r_rest#?} ;;
      '{ '* | '{'$'\n'*) __r_word+='{' __r_has=1 __r_rest=${__r_rest#?} ;;
      '{'*) __r_bad=1 __r_has=1 __r_rest=${__r_rest#?} ;;
      *) __r_word+=${__r_rest:0:1} __r_has=1 __r_rest=${__r_rest#?} ;;
    esac
  done
  __reifierd_word
  __reifierd_simple
}

__reifierd_skip() { # __r_rest starts with the body of the here-document that ends at __r_doc
  local __r_line
  while [[ -n $__r_rest ]]; do
    __r_line=${__r_rest%%$'\n'*}
    case $__r_rest in *$'\n'*) __r_rest=${__r_rest#*$'\n'} ;; *) __r_rest= ;; esac
    __r_line=${__r_line#"${__r_line%%[!	]*}"}
    [[ $__r_line != "$__r_doc" ]] || break
  done
  __r_doc=
}

__reifierd_plain() { # words > file, and nothing else of note: so much faster than word by word; false where it is not so
  local __r_left=${1%%'>'*} __r_right=${1#*'>'} __r_base=$PWD __r_mode __r_values
  __r_right=${__r_right#'>'}
  __r_right=${__r_right#"${__r_right%%[! ]*}"}
  case $__r_left in *[\;\&\|\(\)\`\{\}\<\#\\]* | *$'\n'*) return 1 ;; esac
  case $__r_right in '' | *[!A-Za-z0-9_./,:%@+=-]*) return 1 ;; esac
  __r_left=${__r_left%%[[:space:]]*}
  case $__r_left in
    cd | pushd | sudo | doas | command | builtin | exec | nohup | env | nice | ionice | stdbuf | time | '!' | *[!A-Za-z0-9_./+:-]* | '') return 1 ;;
  esac
  if __reifierd_program "${__r_left##*/}"; then return 1; fi
  __reifierd_target "$__r_right"
}

__reifierd_before() { # copies of what the command line $1 may change
  local __r_i
  __reifierd_paths=() __reifierd_were=() __reifierd_olds=()
  __reifierd_candidate "$1" || return 0
  __reifierd_plain "$1" || __reifierd_parse "$1"
  for ((__r_i = 0; __r_i < ${#__reifierd_paths[@]}; __r_i++)); do
    __reifierd_slurp "${__reifierd_paths[__r_i]}"
    __reifierd_were[__r_i]=$__reifierd_state __reifierd_olds[__r_i]=$__reifierd_text
  done
  __reifierd_text=
}

__reifierd_after() { # what became of them, as fields of the record
  local __r_i __r_was __r_old
  for ((__r_i = 0; __r_i < ${#__reifierd_paths[@]}; __r_i++)); do
    __r_was=${__reifierd_were[__r_i]} __r_old=${__reifierd_olds[__r_i]}
    [[ $__r_was != unread ]] || continue
    __reifierd_slurp "${__reifierd_paths[__r_i]}"
    case $__r_was:$__reifierd_state in
      *:unread | absent:absent) continue ;;
      file:file) [[ $__r_old != "$__reifierd_text" ]] || { builtin printf 'f=%s\0s=\0' "${__reifierd_paths[__r_i]}"; continue; } ;;
    esac
    builtin printf 'f=%s\0' "${__reifierd_paths[__r_i]}"
    [[ $__r_was == absent ]] || builtin printf 'b=%s\0' "$__r_old"
    [[ $__reifierd_state == absent ]] || builtin printf 'a=%s\0' "$__reifierd_text"
  done
  __reifierd_paths=() __reifierd_were=() __reifierd_olds=() __reifierd_text=
}
