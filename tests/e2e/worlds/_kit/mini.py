"""An HTTP server in one call, for the services of the worlds."""

import http.server
import pathlib
import sys
import time


def log(text):
    print(time.strftime("%Y-%m-%d %H:%M:%S"), text, flush=True)


def ready():
    pathlib.Path("run/ready").touch()


def serve(port, answer):
    """`answer(method, path, headers, body)` gives (status, text)."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            code, text = answer(self.command, self.path, self.headers, body)
            data = (text + "\n").encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Handler)
    ready()
    server.serve_forever()


def refuse(text):
    log("FATAL " + text)
    sys.exit(1)
