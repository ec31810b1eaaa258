"""Programs whose effect no table can tell. Each handler takes the command, its row and its parsed options, and returns
the effects of the program itself; a row names its handler with `special`.
"""

from __future__ import annotations

from collections.abc import Callable

from reifierd.shell.model import Effect, Invocation
from reifierd.shell.options import Options
from reifierd.shell.programs import Program
from reifierd.shell.special import data, files, network, texts, vcs
from reifierd.shell.special.code import unlisted

Handler = Callable[[Invocation, Program, Options], list[Effect]]

HANDLERS: dict[str, Handler] = {
    "dd": files.dd,
    "kill": files.kill,
    "sed": texts.sed,
    "awk": texts.awk,
    "uniq": texts.second_operand,
    "xxd": texts.second_operand,
    "date": texts.date,
    "rpm": texts.rpm,
    "find": files.find,
    "tar": files.tar,
    "sysctl": files.sysctl,
    "ifconfig": files.ifconfig,
    "openssl": files.openssl,
    "read": files.read_builtin,
    "curl": network.curl,
    "wget": network.wget,
    "httpie": network.httpie,
    "copy": network.copy,
    "netcat": network.netcat,
    "sql": data.sql_client,
    "mongo": data.mongo_shell,
    "redis": data.redis_cli,
    "git": vcs.git,
    "gh": vcs.gh,
}

__all__ = ["HANDLERS", "Handler", "unlisted"]
