"""A tiny shop that reads its configuration at the start and answers /health on loopback."""

import configparser
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

config = configparser.ConfigParser()
config.read(Path(__file__).parent / "shop.ini")
stock = config["shop"].getint("stock")
if stock is None:
    sys.exit("FATAL: shop.ini has no key 'stock' in section [shop]")


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"shop is open, %d in stock\n" % stock)

    def log_message(self, *_):
        pass


HTTPServer(("127.0.0.1", int(sys.argv[1])), Shop).serve_forever()
