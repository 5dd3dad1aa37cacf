"""From a payload to HTTPS and back, docs/protocol.md b.12 to b.14."""
import gzip
import http.client
import json
import re
import ssl
import urllib.parse


class ServiceError(Exception):
    """The service refused: HTTP status, or type and code of an HTP string."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


class Unit:
    """A row of the listing."""

    def __init__(self, kind, row):
        self.kind, self.hsm_id = kind, row["hsm_id"]
        self.location, self.serial = row["location"], row["serial_number"]
        fields = re.fullmatch(r"\[(.*?)\]\.\[(.*?)\]\.\[(\d+)\]\.\[(\d+)\]", self.location)
        self.module_index, self.domain = int(fields[3]), int(fields[4])


def wrap(unit, payload):
    cprb = bytes.fromhex("0020 04 0000 80 5434 00000000") + unit.domain.to_bytes(4, "big")
    cprb += bytes(12) + len(payload).to_bytes(4, "big")
    rest = f";PCI request;XPNUM   ;{unit.module_index};        ;{(cprb + payload).hex().upper()}"
    return f"{len(rest)}{rest}"


def unwrap(unit, text):
    _, info, digits = text.split(";", 2)
    kind, code, reason = info[:2], info[2:10].strip(), info[10:18].strip()
    if kind != "00":
        raise ServiceError(f"{kind.strip()}/{code}/{reason}", info[56:].strip())
    data = bytes.fromhex(digits)
    if data[:8] != bytes.fromhex("0020 04 0000 80 5434") or data[16:20] != bytes(4):
        raise ValueError("not the CPRB of an answer")
    if int.from_bytes(data[12:16], "big") != unit.domain:
        raise ValueError("the answer of another domain")
    return data[32 : 32 + int.from_bytes(data[28:32], "big")]


class Service:
    """One service instance, over one connection that is kept alive."""

    def __init__(self, base, instance, ca_file=None, token=None, compress=False):
        self.base = urllib.parse.urlsplit(base)
        self.path = f"/v1/tke/{instance}/hsms"
        self.ca_file, self.token, self.compress = ca_file, token, compress
        self.connection = None
        self.num_connections = 0

    def connect(self):
        if self.connection is None:
            self.num_connections += 1
            where = (self.base.hostname, self.base.port)
            if self.base.scheme == "https":
                trust = ssl.create_default_context(cafile=self.ca_file)
                trust.verify_flags |= ssl.VERIFY_X509_STRICT
                self.connection = http.client.HTTPSConnection(*where, timeout=60, context=trust)
            else:
                self.connection = http.client.HTTPConnection(*where, timeout=60)
        return self.connection

    def exchange(self, method, path, body=None):
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        headers["Accept-Encoding"] = "gzip"
        if self.token is not None:
            headers["Authorization"] = self.token
        if body is not None and self.compress:
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body)
        connection = self.connect()
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        data = answer.read()
        if answer.will_close:
            self.close()
        if not 200 <= answer.status <= 299:
            raise ServiceError(answer.status, data.decode())
        return json.loads(data)

    def list_units(self):
        listing = self.exchange("GET", self.path)
        kinds = {"hsms": "operational", "source_hsms": "recovery", "failover_hsms": "failover"}
        units = [Unit(kind, row) for key, kind in kinds.items() for row in listing.get(key, [])]
        if listing["metadata"][0]["collectionTotal"] != len(units):
            raise ValueError("the listing counts otherwise")
        return units

    def post(self, unit, payload):
        body = json.dumps({"request": wrap(unit, payload)}).encode()
        answer = self.exchange("POST", f"{self.path}/{unit.hsm_id}", body)
        return unwrap(unit, answer["response"])

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None
