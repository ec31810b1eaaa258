"""Programs whose effect no table can tell: dd, find, tar, curl, the database clients, git where the words alone decide.

Each handler takes the command, its row and its parsed options, and returns the effects of the program itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from reifierd.shell import sql
from reifierd.shell.carried import language_of
from reifierd.shell.model import Effect, EffectKind, Invocation, Word
from reifierd.shell.options import Options
from reifierd.shell.places import absolute
from reifierd.shell.programs import Program
from reifierd.shell.targets import on
from reifierd.shell.tables import name_set
from reifierd.shell.words import known

Handler = Callable[[Invocation, Program, Options], list[Effect]]
READ = Effect(EffectKind.READ)


def unlisted(command: Invocation, name: str) -> list[Effect]:
    """Shells and interpreters; any other program that no table knows."""
    shapes = [w.shape for w in command.argv[1:]]
    if name in name_set("interpreters", "shells", "names"):
        return _shell(command, shapes)
    language = language_of(name)
    if language is not None:
        return _interpreter(command, shapes, language.code)
    if name in {"reifierd"}:
        return [Effect(EffectKind.UNKNOWN, detail="reifierd " + " ".join(shapes[:1]))]
    return [Effect(EffectKind.UNKNOWN, detail=name)]


def _shell(command: Invocation, shapes: list[str]) -> list[Effect]:
    if any(s in {"-n", "--version", "--help"} for s in shapes):
        return [READ]
    carries = any(re.fullmatch(r"-[a-z]*c[a-z]*|--command", s) for s in shapes) or command.stdin is not None
    if carries and not command.opaque:
        return [READ]  # what it runs follows as commands of its own
    if not [s for s in shapes if not s.startswith("-")] and command.pipe_from is None and not any(r.fd == 0 for r in command.redirects):
        return [Effect(EffectKind.INTERACTIVE)] if "-s" not in shapes and not command.opaque else [Effect(EffectKind.UNKNOWN)]
    return [Effect(EffectKind.UNKNOWN, detail="a script that is not read")]


def _interpreter(command: Invocation, shapes: list[str], code: frozenset[str]) -> list[Effect]:
    if any(s in {"--version", "-V", "--help", "-h"} for s in shapes[:1]):
        return [READ]
    if shapes[:2] in (["-m", "json.tool"], ["-m", "this"]):
        return [READ]
    if not shapes and command.pipe_from is None and command.stdin is None and not any(r.fd == 0 for r in command.redirects):
        return [Effect(EffectKind.INTERACTIVE)]
    one_liner = next((shapes[i + 1] for i, s in enumerate(shapes[:-1]) if s in code), None)
    if one_liner is not None and _only_prints(one_liner):
        return [READ]
    return [Effect(EffectKind.UNKNOWN, detail="code in another language")]


_HARMLESS_CODE = re.compile(
    r"\b(?:open|write|system|exec|eval|spawn|popen|subprocess|os\.|shutil|socket|unlink|remove|rename|mkdir|rmdir|chmod|requests|urlopen|urllib|http|fs\.|require|kill|connect|Path|import_module|__import__|save|dump\(|delete|truncate|fork)\b|>|`",
)


def _only_prints(code: str) -> bool:
    return not _HARMLESS_CODE.search(code)


def dd(command: Invocation, row: Program, options: Options) -> list[Effect]:
    outputs = [w for w in command.argv[1:] if w.shape.startswith("of=")]
    words = [Word(w.source, None if w.text is None else w.text[3:], w.prefix[3:], w.start, w.end, w.glob, w.shape[3:]) for w in outputs]
    return [on(EffectKind.OVERWRITE, command, words, "dd")] if words else [READ]


def kill(command: Invocation, row: Program, options: Options) -> list[Effect]:
    shapes = [w.shape for w in command.argv[1:]]
    if shapes[:1] and shapes[0] in {"-l", "-L", "-0", "--list", "--table"} or shapes[:2] in (["-s", "0"], ["-n", "0"]):
        return [READ]
    signal, rest = "TERM", shapes
    if shapes and re.fullmatch(r"-(?:[A-Za-z][A-Za-z0-9+]*|\d+)", shapes[0]) and shapes[0] not in {"-s", "-n"} and len(shapes) > 1:
        signal, rest = shapes[0][1:], shapes[1:]
    elif shapes[:1] and shapes[0] in {"-s", "-n", "--signal"}:
        signal, rest = (shapes[1] if len(shapes) > 1 else ""), shapes[2:]
    rest = [r for r in rest if r != "--"]
    return [Effect(EffectKind.PROCESS, tuple(r for r in rest if known(r)), any(not known(r) for r in rest), f"signal {signal.upper().removeprefix('SIG')}", tuple(rest))]


def sed(command: Invocation, row: Program, options: Options) -> list[Effect]:
    scripts = options.all_values("-e", "--expression") or list(options.operands[:1])
    files = list(options.operands if options.all_values("-e", "-f", "--expression", "--file") else options.operands[1:])
    in_place = any(re.match(r"-[nErsuz]*i|--in-place", w.shape) for w in command.argv[1:])
    writes = [m for s in scripts for m in re.findall(r"(?:^|[;\n/}])\s*[wW] +(\S+)", s.shape)]
    if in_place:
        return [on(EffectKind.WRITE, command, files, "edited in place")]
    if writes:
        return [_written(command, [w for w in writes if w != "/dev/stdout"])]
    return [READ]


def awk(command: Invocation, row: Program, options: Options) -> list[Effect]:
    code = options.operands[0].shape if options.operands and not options.has("-f") else ""
    if any(w.shape in {"inplace", "-iinplace"} for w in command.argv):
        return [on(EffectKind.WRITE, command, list(options.operands[1:]), "edited in place")]
    written = re.findall(r'(?:print|printf)[^;}\n|]*>>?\s*"([^"]+)"', code)
    written = [w for w in written if not w.startswith("/dev/std")]
    return [_written(command, written)] if written else [READ]


def _written(command: Invocation, paths: list[str]) -> Effect:
    return on(EffectKind.OVERWRITE, command, [Word(p, p, p, shape=p) for p in paths])


def find(command: Invocation, row: Program, options: Options) -> list[Effect]:
    shapes = [w.shape for w in command.argv[1:]]
    starts: list[Word] = []
    for word in command.argv[1:]:
        if word.shape.startswith(("-", "(", "!")) and word.shape not in {"-H", "-L", "-P"}:
            break
        if word.shape not in {"-H", "-L", "-P"}:
            starts.append(word)
    starts = starts or [Word(".", ".", ".", shape=".")]
    effects = []
    if "-delete" in shapes:
        filtered = any(re.fullmatch(r"-(?:i?name|i?path|i?regex|i?wholename|newer\w*|[mac](?:time|min)|size|empty|user|perm|group|inum|lname|samefile)", s) for s in shapes)
        detail = "find -delete filtered" if filtered else "find -delete everything"
        effects.append(on(EffectKind.DELETE, command, starts, detail))
    for i, shape in enumerate(shapes[:-1]):
        if shape in {"-fprint", "-fprint0", "-fprintf", "-fls"}:
            effects.append(_written(command, [shapes[i + 1]]))
    return effects or [READ]


def tar(command: Invocation, row: Program, options: Options) -> list[Effect]:
    shapes = [w.shape for w in command.argv[1:]]
    if not shapes:
        return [READ]
    letters = shapes[0].lstrip("-") if not shapes[0].startswith("--") else ""
    letters += "".join(s[1:] for s in shapes[1:] if re.fullmatch(r"-[A-Za-z]+", s) and s not in {"-C"})
    if "--list" in shapes or "--test-label" in shapes or ("t" in letters and not set("xcru") & set(letters)) or {"-d", "--diff", "--compare"} & set(shapes):
        return [READ]
    archive = next((shapes[i + 1] for i, s in enumerate(shapes[:-1]) if s in {"-f", "--file"} or re.fullmatch(r"-?[A-Za-z]*f", s)), None)
    archive = archive or next((s.split("=", 1)[1] for s in shapes if s.startswith("--file=")), None)
    place = next((shapes[i + 1] for i, s in enumerate(shapes[:-1]) if s in {"-C", "--directory"}), None)
    deletes = [Effect(EffectKind.DELETE, (), True, "--remove-files")] if "--remove-files" in shapes else []
    if set("cru") & set(letters) or {"--create", "--append", "--update"} & set(shapes):
        if archive in {None, "-"}:
            return [READ, *deletes]
        return [Effect(EffectKind.WRITE, (absolute(archive, command.cwd),) if archive and known(archive) else ()), *deletes]
    if set("x") & set(letters) or "--extract" in shapes or "--get" in shapes:
        if "O" in letters or "--to-stdout" in shapes:
            return [READ]
        target = place or command.cwd or "."
        return [on(EffectKind.WRITE, command, [Word(target, target, target, shape=target)], "unpacked")]
    return [Effect(EffectKind.WRITE), *deletes]


_UPLOADS = ("-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--data-ascii", "--json", "-F", "--form", "--form-string", "-T", "--upload-file")


def curl(command: Invocation, row: Program, options: Options) -> list[Effect]:
    method = options.value("-X", "--request")
    name = (method.shape if method else "").upper()
    sends = options.all_values(*_UPLOADS)
    effects = []
    if (name and name not in {"GET", "HEAD", "OPTIONS"}) or (sends and name != "GET" and not options.has("-G", "--get", "-I", "--head")):
        detail = f"{name or ('PUT' if options.has('-T', '--upload-file') else 'POST')}"
        effects.append(Effect(EffectKind.NETWORK_WRITE, tuple(w.shape for w in options.operands if known(w.shape)), detail=detail))
    if re.search(r"_shutdown|/_delete_by_query|/_close\b|/_forcemerge", " ".join(w.shape for w in options.operands)):
        effects.append(Effect(EffectKind.NETWORK_WRITE, detail=name or "GET"))
    if options.has("-Q", "--quote"):
        effects.append(Effect(EffectKind.NETWORK_WRITE, detail="QUOTE"))
    files = [w for w in options.all_values("-o", "--output", "-c", "--cookie-jar", "-D", "--dump-header") if w.shape not in {"/dev/null", "-", "/dev/stdout", "/dev/stderr"}]
    if files:
        effects.append(on(EffectKind.WRITE, command, files, "downloaded"))
    elif options.has("-O", "--remote-name", "--remote-name-all", "-J"):
        effects.append(Effect(EffectKind.WRITE, detail="downloaded"))
    return effects or [READ]


def wget(command: Invocation, row: Program, options: Options) -> list[Effect]:
    method = options.value("--method")
    if options.has("--post-data", "--post-file", "--body-data", "--body-file") or (method and method.shape.upper() not in {"GET", "HEAD"}):
        return [Effect(EffectKind.NETWORK_WRITE, detail=method.shape.upper() if method else "POST")]
    output = options.value("-O", "--output-document")
    if options.has("--spider") or (output and output.shape in {"-", "/dev/null", "/dev/stdout"}):
        return [READ]
    return [on(EffectKind.WRITE, command, [output] if output else [], "downloaded")]


def httpie(command: Invocation, row: Program, options: Options) -> list[Effect]:
    operands = [w.shape for w in options.operands]
    method = operands[0].upper() if operands and operands[0].isupper() else ""
    body = any(re.search(r"^[\w.\[\]-]+(?::?=@?|@)", o) for o in operands[1:])
    if (method and method not in {"GET", "HEAD", "OPTIONS"}) or (body and not method) or command.stdin is not None:
        return [Effect(EffectKind.NETWORK_WRITE, detail=method or "POST")]
    return [READ]


def copy(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """scp and rsync: the last operand is written; one with a colon is on another machine."""
    if len(options.operands) < 2:
        return [READ]
    target = options.operands[-1]
    removes = [n for n, _ in options.given if n.startswith("--delete") or n in {"--del", "--remove-source-files"}]
    remote = bool(re.match(r"(?:[\w.-]+@)?[\w.\[\]:-]+:", target.shape)) or target.shape.startswith("rsync://")
    if remote:
        sent = [Effect(EffectKind.NETWORK_WRITE, tuple(w.shape for w in options.operands if known(w.shape)), detail="copied to another machine")]
        return sent + ([Effect(EffectKind.DELETE, (target.shape,) if known(target.shape) else (), not known(target.shape), "rsync --delete", (target.shape,))] if removes else [])
    effects = [on(EffectKind.WRITE, command, [target], "copied")]
    if removes:
        effects.append(on(EffectKind.DELETE, command, [target], "rsync --delete"))
    return effects


def sysctl(command: Invocation, row: Program, options: Options) -> list[Effect]:
    changes = [w.shape for w in options.operands if "=" in w.shape]
    if options.has("-w", "--write", "-p", "--load", "--system") or changes:
        return [Effect(EffectKind.INFRASTRUCTURE, tuple(changes), detail="sysctl " + " ".join(changes))]
    return [READ]


def ifconfig(command: Invocation, row: Program, options: Options) -> list[Effect]:
    words = [w.shape for w in options.operands]
    return [READ] if len(words) < 2 else [Effect(EffectKind.FIREWALL, tuple(words[:1]), detail="ifconfig " + " ".join(words[1:]))]


_OPENSSL_READS = frozenset({"version", "s_client", "verify", "asn1parse", "ciphers", "dgst", "speed", "list", "errstr", "crl2pkcs7", "help", "prime", "sha256", "md5", "sha1", "engine", "sess_id", "ts", "ocsp"})


def openssl(command: Invocation, row: Program, options: Options) -> list[Effect]:
    shapes = [w.shape for w in command.argv[1:]]
    outputs = [command.argv[i + 2] for i, s in enumerate(shapes[:-1]) if s in {"-out", "-keyout", "-outdir", "-CAserial"}]
    outputs = [w for w in outputs if w.shape not in {"/dev/null", "/dev/stdout"}]
    if outputs:
        return [on(EffectKind.WRITE, command, outputs, "openssl")]
    if shapes[:1] and shapes[0] in {"ca", "genpkey-x"}:
        return [Effect(EffectKind.WRITE, detail="openssl ca")]
    return [READ]


def read_builtin(command: Invocation, row: Program, options: Options) -> list[Effect]:
    fed = command.pipe_from or command.stdin is not None or any(r.fd == 0 for r in command.redirects)
    within = any(v in {"while", "()"} for v in command.via)
    prompts = any(re.match(r"-[a-z]*p", w.shape) for w in command.argv[1:])
    return [Effect(EffectKind.INTERACTIVE if prompts or not (fed or within or options.has("-r", "-t", "-d", "-a", "-u")) else EffectKind.SHELL_STATE)]


def sql_client(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """psql, mysql, sqlite3 and the like: every statement of `-c`, an operand or standard input."""
    codes = [w.shape for w in options.all_values(*row.code)]
    if row.operand_code:
        codes += [w.shape for w in options.operands[1:]] + [w.shape for w in options.all_values("-cmd")]
    elif not codes and command.program == "clickhouse-client" and options.operands:
        codes += [w.shape for w in options.operands]
    files = options.has("-f", "--file", "-i") or any(r.fd == 0 and r.target is not None and r.body is None for r in command.redirects)
    if command.stdin is not None and not codes:
        codes.append(command.stdin.shape)
    found = [Effect(kind, (), False, detail) for code in codes for kind, detail in sql.statements(code)]
    if files:
        found.append(Effect(EffectKind.DATABASE, (), True, "statements from a file"))
    if not codes and not files:
        return [Effect(EffectKind.DATABASE, (), True, "statements from a pipe")] if command.pipe_from else [Effect(EffectKind.INTERACTIVE)]
    changes = [e for e in found if e.kind is not EffectKind.READ]
    return changes or [READ]


def mongo_shell(command: Invocation, row: Program, options: Options) -> list[Effect]:
    codes = [w.shape for w in options.all_values(*row.code)]
    if command.stdin is not None and not codes:
        codes.append(command.stdin.shape)
    if not codes:
        files = [w for w in options.operands if w.shape.endswith(".js")]
        return [Effect(EffectKind.DATABASE, (), True, "a script that is not read")] if files or command.redirects else [Effect(EffectKind.INTERACTIVE)]
    return [Effect(kind, (), False, detail) for kind, detail in map(sql.mongo, codes)]


def redis_cli(command: Invocation, row: Program, options: Options) -> list[Effect]:
    words = [w.shape for w in options.operands]
    flags = {n for n, _ in options.given}
    if words[:1] == ["--cluster"] or "--cluster" in flags:
        reading = any(w in {"check", "info"} for w in words)
        return [READ if reading else Effect(EffectKind.DATABASE, detail="CLUSTER " + " ".join(words[:1]))]
    if flags & {"--pipe"}:
        return [Effect(EffectKind.DATABASE, (), True, "commands from a pipe")]
    if flags & {"--eval"}:
        return [Effect(EffectKind.DATABASE, (), True, "a Lua script")]
    if not words:
        if flags & sql.REDIS_READING:
            return [READ]
        if command.stdin is not None:
            lines = [line.split() for line in command.stdin.shape.splitlines() if line.strip()]
            return [Effect(k, (), False, d) for k, d in map(sql.redis, lines)] or [READ]
        return [Effect(EffectKind.DATABASE, (), True, "commands from a pipe")] if command.pipe_from or command.redirects else [Effect(EffectKind.INTERACTIVE)]
    kind, detail = sql.redis(words)
    return [on(kind, command, options.operands[1:], detail)]


def git(command: Invocation, row: Program, options: Options) -> list[Effect]:
    """git: most by its table; branch, tag, config, remote, stash and worktree read without further words."""
    words = [w.shape for w in options.operands]
    verb, rest = (words[0] if words else "version"), words[1:]
    at = next((i for i, w in enumerate(command.argv) if i and w.shape == verb), len(command.argv))
    given = {n for n, _ in row.parse(command.argv[at:]).given}
    dry = "--dry-run" in given or ("-n" in given and verb in {"clean", "add", "push", "rm", "mv", "fetch", "prune"})
    if dry:
        return [READ]
    listing = not rest and not given & {"-d", "-D", "-m", "-M", "-u", "-f", "-c", "-C", "--delete", "--move", "--unset-upstream", "--edit-description"}
    if verb in {"branch", "tag"} and (listing or given & {"--list", "-l", "--show-current", "--contains", "--merged", "--no-merged", "-v", "-a", "-r", "--points-at"} and not given & {"-d", "-D", "--delete"}):
        return [READ]
    if verb == "config" and (given & {"--get", "--list", "-l", "--get-all", "--get-regexp", "--show-origin"} or len(rest) == 1 or rest[:1] in (["get"], ["list"])):
        return [READ]
    if verb == "remote" and (not rest or rest[0] in {"show", "get-url", "-v"}):
        return [READ]
    if verb == "bisect" and rest[:1] in (["log"], ["visualize"], ["view"]):
        return [READ]
    if verb == "reflog" and rest[:1] in (["expire"], ["delete"]):
        return [Effect(EffectKind.VCS, tuple(rest[1:]), detail=f"reflog {rest[0]}")]
    if verb == "symbolic-ref" and len(rest) > 1:
        return [Effect(EffectKind.VCS, tuple(rest), detail="symbolic-ref")]
    if verb in {"format-patch", "archive", "bundle"} and given & {"-o", "--output", "--output-directory"}:
        return [Effect(EffectKind.WRITE, detail=verb)]
    if verb == "commit" and not given & {"-m", "-F", "--message", "--file", "-C", "--reuse-message", "--fixup", "--no-edit", "-am"} and command.stdin is None and "-a" not in given:
        return [Effect(EffectKind.INTERACTIVE, detail="commit")]
    if verb == "rebase" and given & {"-i", "--interactive"}:
        return [Effect(EffectKind.INTERACTIVE, detail="rebase")]
    found = row.verbs.find(words)
    kind = found[0] if found else row.other
    return [READ] if kind is EffectKind.READ else [Effect(kind, tuple(r for r in rest if known(r)), any(not known(r) for r in rest), verb)]


HANDLERS: dict[str, Handler] = {
    "dd": dd, "kill": kill, "sed": sed, "awk": awk, "find": find, "tar": tar, "curl": curl, "wget": wget, "httpie": httpie, "copy": copy,
    "sysctl": sysctl, "ifconfig": ifconfig, "openssl": openssl, "read": read_builtin, "sql": sql_client, "mongo": mongo_shell,
    "redis": redis_cli, "git": git,
}  # fmt: skip
