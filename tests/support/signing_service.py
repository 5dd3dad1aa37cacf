#!/usr/bin/env python3
"""A signing service as other people write one: P-521 keys in memory, on loopback.

usage: signing_service.py FOLDER [--tls] [WHAT:BEHAVIOUR:FROM:TIMES ...]
Writes its address to FOLDER/url when it listens, with --tls its certificate to FOLDER/ca.pem, and
every path it was asked for to FOLDER/asked.
A key needs the token `token-of-` and its name; `liar` signs with another key than it shows.
The requests FROM, FROM + 1, ... (TIMES of them, from 1 on) of kind WHAT (keys, sign) meet another
BEHAVIOUR: see BEHAVIOURS below.
Ends when its standard input does."""
import base64
import datetime
import http.server
import ipaddress
import json
import pathlib
import ssl
import sys
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

FOLDER = pathlib.Path(sys.argv[1])
KEYS = {name: ec.generate_private_key(ec.SECP521R1()) for name in ("first", "second", "liar")}
TOKENS = {name: f"token-of-{name}" for name in KEYS}
OTHER = ec.generate_private_key(ec.SECP521R1())
PLANS = [plan.split(":") for plan in sys.argv[2:] if plan != "--tls"]
HUGE = 64 << 20
LATE_SECONDS = 3
LOCK = threading.Lock()
COUNTS = {"keys": 0, "sign": 0}


def behaviour_of(kind):
    """Of the next request of this kind."""
    with LOCK:
        COUNTS[kind] += 1
        number = COUNTS[kind]
    for what, behaviour, first, times in PLANS:
        if what == kind and int(first) <= number < int(first) + int(times):
            return behaviour
    return "honest"


def der_of_key(key):
    numbers = key.public_key().public_numbers()
    return encode_dss_signature(numbers.x, numbers.y)  # a SEQUENCE of two INTEGERs


class Service(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        with open(FOLDER / "asked", "a", encoding="utf-8") as log:
            log.write(self.path + "\n")

    def reply_bytes(self, status, data, length=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def reply(self, status, body):
        self.reply_bytes(status, json.dumps(body).encode())

    def reply_der(self, member, der):
        self.reply(200, {member: base64.b64encode(der).decode()})

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
        behaviour = behaviour_of("keys")
        name = self.key_name("/keys/")
        if name:
            key = OTHER if behaviour == "other" else KEYS[name]
            BEHAVIOURS[behaviour](self, "publickey", der_of_key(key))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        behaviour = behaviour_of("sign")
        name = self.key_name("/sign/")
        if name:
            assert body.keys() == {"hash_algorithm", "input"}
            assert body["hash_algorithm"] == "sha2-512"
            key = OTHER if "other" in (behaviour, "other" if name == "liar" else "") else KEYS[name]
            signature = key.sign(base64.b64decode(body["input"], validate=True),
                                 ec.ECDSA(hashes.SHA512()))
            BEHAVIOURS[behaviour](self, "signature", signature)

    # ---- behaviours: each answers one request; der is what an honest service would say

    def late(self, member, der):
        time.sleep(LATE_SECONDS)
        self.reply_der(member, der)

    def slow(self, member, der):
        time.sleep(0.3)
        self.reply_der(member, der)

    def huge(self, _member, _der):
        self.send_response(200)
        self.send_header("Content-Length", str(HUGE))
        self.end_headers()
        for _ in range(HUGE >> 16):
            self.wfile.write(b" " * (1 << 16))

    def half(self, member, der):
        data = json.dumps({member: base64.b64encode(der).decode()}).encode()
        self.reply_bytes(200, data[: len(data) // 2], len(data))
        self.close_connection = True

    def gone(self, _member, _der):
        self.close_connection = True


BEHAVIOURS = {
    "honest": Service.reply_der,
    "other": Service.reply_der,  # another key
    "late": Service.late,
    "slow": Service.slow,
    "huge": Service.huge,
    "half": Service.half,
    "gone": Service.gone,
    "rubbish": lambda s, member, der: s.reply_bytes(200, b"<html>proxy says hello</html>"),
    "empty": lambda s, member, der: s.reply_bytes(200, b""),
    "nothing": lambda s, member, der: s.reply(200, {}),
    "short": lambda s, member, der: s.reply_der(member, der[:-10]),
    "long": lambda s, member, der: s.reply_der(member, der + bytes(4096)),
    "changed": lambda s, member, der: s.reply_der(member, der[:-1] + bytes([der[-1] ^ 1])),
    "broken": lambda s, member, der: s.reply(500, {"message": "out of order"}),
    "expired": lambda s, member, der: s.reply(401, {"message": "token expired"}),
}


def make_certificate():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "signing service of the tests")])
    now = datetime.datetime.utcnow()
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
            .public_key(key.public_key()).serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=2))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(address, critical=False).sign(key, hashes.SHA256()))
    pem = serialization.Encoding.PEM
    (FOLDER / "ca.pem").write_bytes(cert.public_bytes(pem))
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())
    (FOLDER / "tls.pem").write_bytes(private + cert.public_bytes(pem))


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that does not wait for the end is part of the tests


SERVER = Server(("127.0.0.1", 0), Service)
SCHEME = "http"
if "--tls" in sys.argv:
    make_certificate()
    CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    CONTEXT.load_cert_chain(FOLDER / "tls.pem")
    SERVER.socket = CONTEXT.wrap_socket(SERVER.socket, server_side=True)
    SCHEME = "https"
threading.Thread(target=SERVER.serve_forever, daemon=True).start()
(FOLDER / "url.new").write_text(f"{SCHEME}://127.0.0.1:{SERVER.server_port}")
(FOLDER / "url.new").rename(FOLDER / "url")
sys.stdin.read()
