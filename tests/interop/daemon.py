"""claviger-unitd in a process and a folder of its own, and a signing service that stands in for the
one an operator would run."""
import base64
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from der import integer, sequence
from wire import Service

TOKEN = "Bearer eyJraWQiOiJ0ZXN0In0"


class Daemon:
    def __init__(self, program, *options, tls=True, token=TOKEN):
        self.dir = tempfile.mkdtemp(prefix="interop.")
        self.state = os.path.join(self.dir, "state")
        self.token_file = os.path.join(self.dir, "token")
        self.tls, self.token = tls, token
        command = [program, "--state", self.state, "--listen", "127.0.0.1:0", *options]
        if tls:
            command.append("--tls")
        if token is not None:
            self.put_token(token)
            command += ["--token", self.token_file]
        self.log = open(os.path.join(self.dir, "log"), "w+")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        ready = self.process.stdout.readline().decode().split()
        if len(ready) != 2 or ready[0] != "READY":
            raise RuntimeError(f"the daemon did not start: {self.read_log()}")
        self.host, port = ready[1].split(":")
        self.port = int(port)

    def put_token(self, text):
        fresh = self.token_file + ".new"
        with open(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(text + "\n")
        os.rename(fresh, self.token_file)
        self.token = text

    def read_log(self):
        with open(os.path.join(self.dir, "log")) as file:
            return file.read()

    def read_state(self, name):
        with open(os.path.join(self.state, name)) as file:
            return file.read()

    @property
    def instance(self):
        return self.read_state("instance.id")

    @property
    def root(self):
        return bytes.fromhex(self.read_state("root.hex"))

    @property
    def ca_file(self):
        return os.path.join(self.state, "tls.pem")

    def service(self, **changes):
        settings = {"ca_file": self.ca_file, "token": self.token, "instance": self.instance}
        settings.update(changes)
        scheme = "https" if self.tls else "http"
        return Service(f"{scheme}://{self.host}:{self.port}", **settings)

    def __enter__(self):
        return self

    def __exit__(self, *why):
        self.process.terminate()
        status = self.process.wait()
        self.process.stdout.close()
        said = self.read_log()
        self.log.close()
        shutil.rmtree(self.dir)
        if why[0] is None and (status != 0 or said):
            raise RuntimeError(f"the daemon ended with {status}: {said}")


class SigningService:
    """GET /keys/NAME and POST /sign/NAME, each key with its token (docs/protocol.md b.14)."""

    def __init__(self, key_names):
        self.keys = {name: ec.generate_private_key(ec.SECP521R1()) for name in key_names}
        self.num_signed = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.reply(outer.public_key)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.reply(lambda key: outer.sign(key, json.loads(body)))

            def reply(self, make):
                name = self.path.split("/")[-1]
                allowed = self.headers["Authorization"] == outer.token_of(name)
                known = allowed and name in outer.keys
                data = json.dumps(make(outer.keys[name]) if known else {"message": "no"}).encode()
                self.send_response(200 if known else 401)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def token_of(name):
        return "key token of " + name

    @staticmethod
    def public_key(key):
        numbers = key.public_key().public_numbers()
        der = sequence(integer(numbers.x), integer(numbers.y))
        return {"publickey": base64.b64encode(der).decode()}

    def sign(self, key, body):
        if body["hash_algorithm"] != "sha2-512":
            raise ValueError("another hash algorithm")
        self.num_signed += 1
        digest = hashlib.sha512(base64.b64decode(body["input"])).digest()
        signature = key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA512())))
        return {"signature": base64.b64encode(signature).decode()}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
