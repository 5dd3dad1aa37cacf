#!/usr/bin/env python3
"""A signing service as other people write one: two P-521 keys in memory, on loopback.

usage: signing_service.py FOLDER
Writes its address to FOLDER/url when it listens, and every path it was asked for to FOLDER/asked.
A key needs the token `token-of-` and its name; `liar` signs with another key than it shows.
Ends when its standard input does."""
import base64
import http.server
import json
import pathlib
import sys
import threading

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

FOLDER = pathlib.Path(sys.argv[1])
KEYS = {name: ec.generate_private_key(ec.SECP521R1()) for name in ("first", "second", "liar")}
TOKENS = {name: f"token-of-{name}" for name in KEYS}
OTHER = ec.generate_private_key(ec.SECP521R1())


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        with open(FOLDER / "asked", "a", encoding="utf-8") as log:
            log.write(self.path + "\n")

    def reply(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def key_name(self, prefix):
        name = self.path.removeprefix(prefix)
        if name not in KEYS:
            self.reply(404, {"message": "no such key"})
        elif self.headers.get("Authorization") != TOKENS[name]:
            self.reply(401, {"message": "token refused"})
        else:
            return name
        return None

    def do_GET(self):
        name = self.key_name("/keys/")
        if name:
            numbers = KEYS[name].public_key().public_numbers()
            der = encode_dss_signature(numbers.x, numbers.y)  # a SEQUENCE of two INTEGERs
            self.reply(200, {"publickey": base64.b64encode(der).decode()})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = self.key_name("/sign/")
        if name:
            assert body.keys() == {"hash_algorithm", "input"}
            assert body["hash_algorithm"] == "sha2-512"
            key = OTHER if name == "liar" else KEYS[name]
            signature = key.sign(base64.b64decode(body["input"], validate=True),
                                 ec.ECDSA(hashes.SHA512()))
            self.reply(200, {"signature": base64.b64encode(signature).decode()})


SERVER = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=SERVER.serve_forever, daemon=True).start()
(FOLDER / "url.new").write_text(f"http://127.0.0.1:{SERVER.server_port}")
(FOLDER / "url.new").rename(FOLDER / "url")
sys.stdin.read()
