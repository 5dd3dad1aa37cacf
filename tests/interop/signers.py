"""Signature keys of administrators, docs/protocol.md b.4 and b.5: RSA-2048 and P-521, with the key
here, in a key file of the plug-in, or behind a signing service."""
import base64
import hashlib
import json
import os
import urllib.request

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from der import NULL, Reader, algorithm, integer, octets, oid, sequence, tlv, whole

SHA256, SHA512 = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3"
ECDSA_SHA512, RSA_SHA256 = "1.2.840.10045.4.3.4", "1.2.840.113549.1.1.11"
RSA = "1.2.840.113549.1.1.1"
EC_KEY, P521 = "1.2.840.10045.2.1", "1.3.132.0.35"


def point_bytes(public):
    numbers = public.public_numbers()
    return b"\x04" + numbers.x.to_bytes(66, "big") + numbers.y.to_bytes(66, "big")


def name(common):
    def part(kind, text):
        return tlv(0x31, sequence(oid(kind), tlv(0x13, text.encode())))

    return sequence(part("2.5.4.11", "TKE Administration"), part("2.5.4.3", common.ljust(30)))


class Signer:
    """One administrator: key_bits, ski, and what subclasses say about algorithms."""

    def __init__(self, key_bits):
        self.key_bits = key_bits
        self.ski = hashlib.sha256(key_bits).digest()

    def signer_info(self, data):
        return sequence(
            integer(3),
            tlv(0x80, self.ski),
            algorithm(self.digest, NULL),
            algorithm(self.algorithm, NULL),
            octets(self.sign(data)),
        )

    def certificate(self, common):
        kind = algorithm(self.certificate_algorithm)
        tbs = sequence(
            bytes.fromhex("a003020102 020100"),
            kind,
            name(common),
            sequence(tlv(0x18, b"20000101000000Z"), tlv(0x18, b"21001231235959Z")),
            name(common),
            self.public_key(),
            tlv(0xA3, sequence(sequence(oid("2.5.29.14"), octets(octets(self.ski))))),
        )
        return sequence(tbs, kind, tlv(0x03, b"\x00", self.sign(tbs)))


class P521Signer(Signer):
    digest, algorithm, certificate_algorithm = SHA512, ECDSA_SHA512, ECDSA_SHA512

    def __init__(self, key=None):
        self.key = key or ec.generate_private_key(ec.SECP521R1())
        super().__init__(point_bytes(self.key.public_key()))

    def public_key(self):
        return sequence(algorithm(EC_KEY, oid(P521)), tlv(0x03, b"\x00", self.key_bits))

    def sign(self, data):
        digest = hashlib.sha512(data).digest()
        return self.key.sign(digest, ec.ECDSA(utils.Prehashed(hashes.SHA512())))


class RsaSigner(Signer):
    digest, algorithm, certificate_algorithm = SHA256, RSA, RSA_SHA256

    def __init__(self, key=None):
        self.key = key or rsa.generate_private_key(65537, 2048)
        public = self.key.public_key().public_numbers()
        super().__init__(sequence(integer(public.n), integer(public.e)))

    def public_key(self):
        return sequence(algorithm(RSA, NULL), tlv(0x03, b"\x00", self.key_bits))

    def sign(self, data):
        """X9.31: the block to the power of d, as it comes out."""
        digest = hashlib.sha256(data).digest()
        block = b"\x6b" + 220 * b"\xbb" + b"\xba" + digest + b"\x34\xcc"
        return self.to_the_d(int.from_bytes(block, "big")).to_bytes(256, "big")

    def to_the_d(self, number):
        """By the Chinese remainder theorem: RFC 8017, 5.1.2."""
        k = self.key.private_numbers()
        upper, lower = pow(number, k.dmp1, k.p), pow(number, k.dmq1, k.q)
        return lower + k.q * ((upper - lower) * k.iqmp % k.p)


# ---- key files of the plug-in ----


def derive(password, salt):
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 4096, 32)


def write_key_file(path, signer, password):
    """JSON: salt, sealed PEM, SKI, type. The PEM says PRIVATE KEY and holds SEC 1 or PKCS #1."""
    der = signer.key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    text = base64.encodebytes(der)
    pem = b"-----BEGIN PRIVATE KEY-----\n" + text + b"-----END PRIVATE KEY-----\n"
    salt, nonce = os.urandom(32), os.urandom(12)
    sealed = nonce + AESGCM(derive(password, salt)).encrypt(nonce, pem, None)
    members = {"seaSalt": salt.hex(), "enckey": sealed.hex(), "ski": signer.ski.hex()}
    members["keyType"] = "p521ec" if isinstance(signer, P521Signer) else "rsa2048"
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "w") as file:
        json.dump(members, file)


def read_key_file(path, password):
    with open(path) as file:
        members = json.load(file)
    sealed = bytes.fromhex(members["enckey"])
    key = derive(password, bytes.fromhex(members["seaSalt"]))
    pem = AESGCM(key).decrypt(sealed[:12], sealed[12:], None)
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    kind = P521Signer if members["keyType"] == "p521ec" else RsaSigner
    signer = kind(serialization.load_der_private_key(der, None))
    if signer.ski.hex() != members["ski"].lower():
        raise ValueError(f"{path}: another key than its SKI says")
    return signer


# ---- a signing service ----


class RemoteSigner(P521Signer):
    """A P-521 key that a signing service holds: it hashes what it is given itself."""

    def __init__(self, url, key_name, token):
        self.url, self.key_name, self.token = url, key_name, token
        der = self.ask("keys")["publickey"]
        numbers = whole(base64.b64decode(der))
        x, y = (int.from_bytes(numbers.take(0x02), "big") for _ in "xy")
        numbers.done()
        Signer.__init__(self, b"\x04" + x.to_bytes(66, "big") + y.to_bytes(66, "big"))

    def ask(self, what, body=None):
        request = urllib.request.Request(
            f"{self.url}/{what}/{self.key_name}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self.token, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def sign(self, data):
        body = {"hash_algorithm": "sha2-512", "input": base64.b64encode(data).decode()}
        return base64.b64decode(self.ask("sign", body)["signature"])


# ---- the other side: does a signature hold ----


def read_signer_infos(data):
    """(SKI, algorithm identifier, signature) of each."""
    infos, reader = [], Reader(data)
    while reader.more():
        info = reader.inside()
        if info.take(0x02) != b"\x03":
            raise ValueError("a SignerInfo of another version")
        ski = info.take(0x80)
        info.inside()
        kind = info.inside().take(0x06)
        infos.append((ski, kind, info.octets()))
        info.done()
    return infos


def verify_p521(point, signature, data):
    """Raises InvalidSignature."""
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP521R1(), point)
    digest = hashlib.sha512(data).digest()
    public.verify(signature, digest, ec.ECDSA(utils.Prehashed(hashes.SHA512())))
