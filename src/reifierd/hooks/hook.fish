# Records the commands of this shell for reifierd. Builtins only: nothing is forked at a prompt.
# fish_preexec has the line and takes the time and the copies; fish_postexec writes the record when the command has ended.
# fish has no clock among its builtins: the kernel's uptime is read, and the time of the boot added.

function __reifierd_now # microseconds since the epoch, in steps of 10 ms
    read -l __r_up </proc/uptime
    set -l __r_up (string split -f1 ' ' -- $__r_up)
    set -g __reifierd_clock (math -s0 "($__r_up + $__reifierd_boot) * 1000000")
end

function __reifierd_kept -a __r_line # does the history keep this line?
    test -n "$fish_private_mode"; and return 1
    not string match -qr '^\s' -- $__r_line; and string match -qr '\S' -- $__r_line
end

function __reifierd_off
    test -n "$REIFIERD_OFF"; and test "$REIFIERD_OFF" != 0
end

function __reifierd_preexec --on-event fish_preexec
    set -g __reifierd_line
    set -g __reifierd_hush 0
    set -g __reifierd_paths
    __reifierd_off; and set -g __reifierd_hush 1
    if __reifierd_kept "$argv[1]"
        set -g __reifierd_line $argv[1]
        test $__reifierd_hush = 0; and __reifierd_before "$argv[1]"
    end
    set -g __reifierd_cwd $PWD
    __reifierd_look
    __reifierd_now
    set -g __reifierd_t0 $__reifierd_clock
    set -g __reifierd_marked 0
    test $__reifierd_hush = 1; and test -n "$__reifierd_line"; and __reifierd_silence # now: fish has written its history already
end

function __reifierd_postexec --on-event fish_postexec
    set -l __r_exit $status
    set -l __r_took $CMD_DURATION
    test "$__reifierd_t0" != 0; or return 0
    __reifierd_off; and set -g __reifierd_hush 1
    if test -z "$__reifierd_line"
    else if test $__reifierd_hush = 0
        __reifierd_write $__reifierd_t0 (math "$__r_took * 1000") $__r_exit
    else if test $__reifierd_marked = 0
        __reifierd_silence
    end
    set -g __reifierd_t0 0
    set -g __reifierd_paths
end

function __reifierd_look # the allowlisted names that are exported, when they changed
    set -l __r_env
    for __r_name in $__reifierd_names
        set -qx $__r_name; and set -a __r_env $__r_name=(string join -- : $$__r_name | string collect)
    end
    if test "$__r_env" != "$__reifierd_env"
        set -g __reifierd_env $__r_env
        set -g __reifierd_dirty 1
    end
end

function __reifierd_open # the spool of this shell, made 0600 whatever the umask is
    set -l __r_mask $umask
    set umask 077
    builtin printf '' >>$__reifierd_spool
    set umask $__r_mask
end 2>/dev/null

function __reifierd_head # who this shell is, and the environment that the records after it ran with
    if not test -s $__reifierd_spool
        builtin printf 'H1\0p=%s\0y=%s\0h=%s\0u=%s\0k=fish\0v=%s\0.\0' $fish_pid "$__reifierd_tty" "$hostname" "$__reifierd_who" $version
        set -g __reifierd_dirty 1
    end
    test $__reifierd_dirty = 1; or return 0
    builtin printf 'E1\0'
    set -q __reifierd_env[1]; and builtin printf 'x=%s\0' $__reifierd_env
    builtin printf '.\0'
    set -g __reifierd_dirty 0
end

function __reifierd_write # start, duration, exit
    set -g __reifierd_seq (math $__reifierd_seq + 1)
    test -e $__reifierd_spool; or __reifierd_open
    begin
        __reifierd_head
        builtin printf 'R1\0n=%s\0t=%s\0d=%s\0e=%s\0w=%s\0c=%s\0m=%s\0' $__reifierd_seq $argv $__reifierd_cwd "$__reifierd_line" $umask
        set -q __reifierd_paths[1]; and __reifierd_after
        builtin printf '.\0'
    end >>$__reifierd_spool 2>/dev/null
end

function __reifierd_silence # a mark for a line that nothing is recorded of: when it was started. fish's history has times
    set -g __reifierd_marked 1
    set -g __reifierd_seq (math $__reifierd_seq + 1)
    test -e $__reifierd_spool; or __reifierd_open
    begin
        __reifierd_head
        builtin printf 'O1\0n=%s\0t=%s\0d=0\0l=\0.\0' $__reifierd_seq $__reifierd_t0
    end >>$__reifierd_spool 2>/dev/null
end

# Which files a command line is about to change. Nothing is run or expanded but literals, quotes, plain $NAME and a leading ~.

function __reifierd_slurp -a __r_path # the text of a file, unless it is large, binary or no file
    set -g __reifierd_state unread
    set -g __reifierd_text ''
    if not test -e $__r_path; and not test -L $__r_path
        set -g __reifierd_state absent
        return 0
    end
    test -f $__r_path; and test -r $__r_path; or return 0
    set -l fish_read_limit 262145
    set -l __r_more ''
    begin
        read -z __reifierd_text
        if test $status = 122 # too large
            set -g __reifierd_text ''
            return 0
        end
        read -z __r_more; and return 0 # a NUL stood before this
    end <$__r_path 2>/dev/null
    set -g __reifierd_state file
end

function __reifierd_target -a __r_word # one more file, as seen from $__reifierd_base
    switch $__r_word
        case '' '/dev/*' '/proc/*' '*'\n'*'
            return 0
        case '/*'
        case '*'
            test -n "$__reifierd_base"; or return 0
            set __r_word (string trim -r -c / -- $__reifierd_base)/(string replace -r '^\./' '' -- $__r_word)
    end
    contains -- $__r_word $__reifierd_paths; or test (count $__reifierd_paths) -ge 8; or set -ga __reifierd_paths $__r_word
    return 0
end

function __reifierd_operands # $argv: mode, values of options (one word), the words; what stands for an unread word is empty
    set -l __r_mode $argv[1]
    set -l __r_values (string split ' ' -- $argv[2])
    set -l __r_skip 0
    set -l __r_plain 0
    set -l __r_given 0
    set -l __r_inplace 0
    set -l __r_into
    set -l __r_ops
    for __r_w in $argv[3..]
        if test $__r_skip != 0
            test $__r_skip = into; and set __r_into $__r_w
            set __r_skip 0
            continue
        end
        if test $__r_plain = 0; and string match -qr '^[-+].' -- $__r_w
            switch $__r_w
                case --
                    set __r_plain 1
                case '+*'
                    test $__r_mode = all; or set -a __r_ops $__r_w
                case -t --target-directory
                    if contains $__r_mode last move
                        set __r_skip into
                    else if contains -- $__r_w $__r_values
                        set __r_skip 1
                    end
                case '--target-directory=*'
                    set __r_into (string replace -r '^[^=]*=' '' -- $__r_w)
                case '*'
                    if test $__r_mode = script
                        string match -qr '^(-i|-[^-i]*i|--in-place)' -- $__r_w; and set __r_inplace 1
                        string match -qr '^(--expression=|--file=)' -- $__r_w; and set __r_given 1
                        if string match -qr '^(-[^-i]*[eEf]|-[^-]*i[^-]*[eE]$|--expression$|--file$)' -- $__r_w
                            and not string match -qr '^-i' -- $__r_w
                            and not string match -qr '^-[nErsuz]+$' -- $__r_w
                            set __r_given 1
                            set __r_skip 1
                        end
                    else if contains -- $__r_w $__r_values
                        set __r_skip 1
                    end
            end
            continue
        end
        set -a __r_ops $__r_w
    end
    set -q __r_ops[1]; or return 0
    switch $__r_mode
        case first
            __reifierd_target $__r_ops[1]
        case script
            test $__r_inplace = 1; or return 0
            test $__r_given = 1; or set -e __r_ops[1]
            for __r_w in $__r_ops
                __reifierd_target $__r_w
            end
        case all
            for __r_w in $__r_ops
                __reifierd_target $__r_w
            end
        case last move
            if not set -q __r_into[1]
                set __r_into $__r_ops[-1]
                set -e __r_ops[-1]
            end
            test -n "$__r_into"; or return 0
            if test $__r_mode = move
                for __r_w in $__r_ops
                    __reifierd_target $__r_w
                end
            end
            set -l __r_at $__r_into
            string match -q '/*' -- $__r_at; or set __r_at $__reifierd_base/$__r_at
            if test -d $__r_at
                for __r_w in $__r_ops
                    __reifierd_target $__r_at/(string replace -r '^.*/(?=[^/])' '' -- (string trim -r -c / -- $__r_w))
                end
            else
                __reifierd_target $__r_into
            end
    end
end

function __reifierd_simple # $argv: the words of one simple command
    set -l __r_wrapped
    set -l __r_i 1
    while test $__r_i -le (count $argv)
        set -l __r_w $argv[$__r_i]
        set __r_i (math $__r_i + 1)
        string match -qr '^[A-Za-z_][A-Za-z0-9_]*=' -- $__r_w; and continue
        switch $__r_w
            case and or not begin if while else command builtin exec nohup env nice ionice stdbuf time '!'
                set -q __r_wrapped[1]; or set __r_wrapped yes
                continue
            case sudo doas
                set __r_wrapped sudo
                continue
            case '-*'
                if test "$__r_wrapped" = sudo; and contains -- $__r_w -e --edit
                    set __r_w sudoedit
                else if test "$__r_wrapped" = sudo; and contains -- $__r_w -u -g -h -C -p -D -r -t -T -R -U
                    set __r_i (math $__r_i + 1)
                    continue
                else if set -q __r_wrapped[1]
                    continue
                end
        end
        set __r_w (string replace -r '^.*/' '' -- $__r_w)
        if contains -- $__r_w cd pushd
            set -l __r_to $argv[$__r_i]
            switch "$__r_to"
                case '' '-*'
                    set -g __reifierd_base
                case '/*'
                    set -g __reifierd_base $__r_to
                case '*'
                    test -z "$__reifierd_base"; or set -g __reifierd_base $__reifierd_base/$__r_to
            end
        else if set -l __r_found (string match -r -- '(?m)^'(string escape --style=regex -- $__r_w)' (\S+) ?(.*)$' $__reifierd_programs)
            __reifierd_operands $__r_found[2] "$__r_found[3]" $argv[$__r_i..]
        end
        return 0
    end
end

function __reifierd_before -a __r_line # copies of what this command line may change
    set -g __reifierd_paths
    set -g __reifierd_were
    set -g __reifierd_olds
    set -l __r_quick (string replace -ra '>&|> ?/dev/null' '' -- $__r_line | string collect)
    string match -qr '>' -- $__r_quick; or string match -qr -- '(^|[\s;&|(/])('$__reifierd_any'|sudo .*-e)\s' "$__r_line"; or return 0
    set -g __reifierd_base $PWD
    set -l __r_words
    set -l __r_word ''
    set -l __r_has 0
    set -l __r_bad 0
    set -l __r_next
    set -l __r_flat (string replace -a \n \x1e -- "$__r_line" | string collect)
    for __r_t in (string match -ra -- '[ \t]+|\x1e|&>|[0-9]*>[>|&?]?|<|;|&&|\|\||[|&()]|\'(?:[^\'\\\\]|\\\\.)*\'|"(?:[^"\\\\]|\\\\.)*"|\\\\.|\$[A-Za-z_][A-Za-z0-9_]*|~(?=/|$|\s)|#.*?(?=\x1e|$)|[^\s\'"\\\\$|&;<>()~\x1e#]+|.' $__r_flat) ';'
        set -l __r_end ''
        switch $__r_t
            case ' *' \t'*'
                set __r_end word
            case \x1e ';' '&&' '||' '|' '&'
                set __r_end command
            case '<' '*>&'
                set __r_end in
            case '*>' '*>|' '*>?'
                set __r_end out
            case '(' ')'
                return 0
            case '#*'
                test $__r_has = 1; and set __r_word "$__r_word$__r_t"; or continue
            case "'*"
                set -l __r_part (string sub -s 2 -e -1 -- $__r_t | string replace -ra '\\\\([\\\\\'])' '$1' | string replace -a \x1e \n | string collect)
                set __r_word "$__r_word$__r_part"
                set __r_has 1
            case '"*'
                set -l __r_part (string sub -s 2 -e -1 -- $__r_t | string replace -a \x1e \n | string collect)
                string match -qr '\\\\|[(]' -- $__r_part; and set __r_bad 1
                set -l __r_split (string match -r '^([^$]*)\$([A-Za-z_][A-Za-z0-9_]*)(.*)$' -- $__r_part)
                if set -q __r_split[1]
                    set -l __r_name $__r_split[3]
                    if set -q $__r_name; and test (count $$__r_name) = 1
                        set __r_part "$__r_split[2]"$$__r_name"$__r_split[4]"
                    else
                        set __r_bad 1
                    end
                end
                string match -q '*$*' -- $__r_part; and set __r_bad 1
                set __r_word "$__r_word$__r_part"
                set __r_has 1
            case '\\\\*'
                set -l __r_part (string sub -s 2 -- $__r_t)
                set __r_word "$__r_word$__r_part"
                set __r_has 1
                string match -qr '^\\\\[a-zA-Z0-9]' -- $__r_t; and set __r_bad 1
            case '$?*'
                set -l __r_name (string sub -s 2 -- $__r_t)
                set __r_has 1
                if set -q $__r_name; and test (count $$__r_name) = 1; and not string match -qr "(set|for|read) .*\b$__r_name\b" -- $__r_line
                    set __r_word "$__r_word"$$__r_name
                else
                    set __r_bad 1
                end
            case '~'
                test $__r_has = 0; and set __r_word $HOME; or set __r_bad 1
                set __r_has 1
            case '*'
                set __r_word "$__r_word$__r_t"
                set __r_has 1
                string match -qr '[][*?{}$]' -- $__r_t; and set __r_bad 1
        end
        test -n "$__r_end"; or continue
        if test $__r_has = 1
            test $__r_bad = 0; or set __r_word ''
            switch "$__r_next"
                case out
                    __reifierd_target "$__r_word"
                case in
                case '*'
                    set -a __r_words "$__r_word"
            end
            set __r_next
            set __r_word ''
            set __r_has 0
            set __r_bad 0
        end
        switch $__r_end
            case command
                __reifierd_simple $__r_words
                set __r_words
            case in out
                set __r_next $__r_end
        end
    end
    for __r_path in $__reifierd_paths
        __reifierd_slurp $__r_path
        set -ga __reifierd_were $__reifierd_state
        set -ga __reifierd_olds "$__reifierd_text"
    end
    set -g __reifierd_text ''
end

function __reifierd_after # what became of them, as fields of the record
    set -l __r_i 0
    for __r_path in $__reifierd_paths
        set __r_i (math $__r_i + 1)
        set -l __r_was $__reifierd_were[$__r_i]
        test $__r_was = unread; and continue
        __reifierd_slurp $__r_path
        test $__reifierd_state = unread; and continue
        test $__r_was = absent -a $__reifierd_state = absent; and continue
        builtin printf 'f=%s\0' $__r_path
        if test $__r_was = file -a $__reifierd_state = file; and test "$__reifierd_text" = "$__reifierd_olds[$__r_i]"
            builtin printf 's=\0'
            continue
        end
        test $__r_was = absent; or builtin printf 'b=%s\0' "$__reifierd_olds[$__r_i]"
        test $__reifierd_state = absent; or builtin printf 'a=%s\0' "$__reifierd_text"
    end
    set -g __reifierd_text ''
end

function __reifierd_start
    test -d $__reifierd_folder; or command mkdir -p -m 700 -- $__reifierd_folder
    test -d $__reifierd_folder; and test -O $__reifierd_folder; and not test -L $__reifierd_folder; or return 0
    if not string match -q "fish-$fish_pid-*" -- "$__reifierd_session"
        set -l __r_now (command date +%s.%N)
        read -l __r_up </proc/uptime
        set -g __reifierd_boot (math "$__r_now - "(string split -f1 ' ' -- $__r_up))
        set -g __reifierd_session fish-$fish_pid-(math -s0 "$__r_now * 1000000")
        set -g __reifierd_seq 0
        set -g __reifierd_t0 0
        set -g __reifierd_dirty 1
        set -g __reifierd_env
        set -g __reifierd_who (command id -un)
    end
    set -g __reifierd_any (string replace -r ' .*' '' -- (string split \n -- $__reifierd_programs) | string escape --style=regex | string join '|')
    set -g __reifierd_spool $__reifierd_folder/$__reifierd_session.spool
end

if status is-interactive
    set -g __reifierd_tty (command tty <&2) # standard input may be the pipe that this text comes through
    __reifierd_start 2>/dev/null
else
    functions -e __reifierd_preexec __reifierd_postexec
end
