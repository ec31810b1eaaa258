"""An HTTP server in one call, for the services of the worlds."""

import http.server
import pathlib
import sys
import time
from collections.abc import Callable
from email.message import Message
from typing import NoReturn

Answer = Callable[[str, str, "Message[str, str]", bytes], tuple[int, str]]


def log(text: str) -> None:
    sys.stdout.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text}\n")
    sys.stdout.flush()


def ready() -> None:
    pathlib.Path("run/ready").touch()


def serve(port: str, answer: Answer) -> None:
    """`answer(method, path, headers, body)` gives (status, text)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            code, text = answer(self.command, self.path, self.headers, body)
            data = (text + "\n").encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Worlds log what matters themselves."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    ready()
    server.serve_forever()


def refuse(text: str) -> NoReturn:
    log("FATAL " + text)
    sys.exit(1)
