"""Reads a key file as docs/formats/keyfile.md describes it, and opens it with its password.

    read_keyfile.py FILE                      header and checksum only
    read_keyfile.py --password-fd N FILE      opens it; the password is what can be read from N

Prints the fields, and of the content whether it agrees with them; never the secret itself.
"""
import argparse
import datetime
import os
import re
import stat

import argon2.low_level
import nacl.bindings
import nacl.exceptions
import nacl.signing
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (Encoding, PublicFormat,
                                                          load_der_private_key)

import check_values
from common import Refused, base64_strict, read_bytes, run, sha256

PAGE = os.path.join(os.path.dirname(__file__), "../../docs/formats/keyfile.md")
MAGIC = b"claviger key file"
FILE_MAX = 65536
CIPHER = "xchacha20-poly1305-ietf"
COSTS = {
    "argon2id v=19 m=262144 t=3 p=4 standard": (262144, 3, 4),
    "argon2id v=19 m=1048576 t=4 p=4 high": (1048576, 4, 4),
}
FIELDS = {
    "key-part": ("version kind world description owner created ceremony slot origin kdf salt "
                 "cipher nonce pattern commitment").split(),
    "signature-key": ("version kind world description owner created ceremony slot kdf salt cipher "
                      "nonce ski administrator").split(),
    "witness-key": ("version kind world description owner created ceremony slot kdf salt cipher "
                    "nonce witness public-key").split(),
}
FIELDS["rsa-signature-key"] = FIELDS["signature-key"]
PAYLOAD_LEN = {"key-part": [80], "signature-key": [82], "witness-key": [48],
               "rsa-signature-key": range(1116, 1217)}
P521_ORDER = int("01ff" + "ff" * 31 + "fa51868783bf2f966b7fcc0148f709a5d0"
                 "3bb5c9b8899c47aebb6fb71e91386409", 16)


# ---- the file ----


def read_private(path):
    """The bytes of a plain file of ours that nobody else may read."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as problem:
        raise Refused("E-MISSING", problem) from None
    except OSError as problem:
        raise Refused("E-IO", problem) from None
    try:
        facts = os.fstat(number)
        if not stat.S_ISREG(facts.st_mode):
            raise Refused("E-IO", "not a plain file")
        if facts.st_uid != os.geteuid() or facts.st_nlink != 1 or facts.st_mode & 0o077:
            raise Refused("E-PERMISSION", "not ours alone")
        return os.read(number, FILE_MAX + 1)
    finally:
        os.close(number)


# ---- the text of the file ----


def split_checksum(data):
    """The bytes before the checksum line. Damage is told apart from a foreign file."""
    match = re.fullmatch(rb"(.*\n)checksum: sha256 ([0-9a-f]{64})\n", data, re.DOTALL)
    if not match:
        if data.startswith(MAGIC) or MAGIC.startswith(data):
            raise Refused("E-DAMAGED", "the last line is not a checksum: cut off")
        raise Refused("E-FOREIGN", "not a key file")
    if sha256(match[1]).hex().encode() != match[2]:
        raise Refused("E-DAMAGED", "the checksum does not fit")
    return match[1]


def code_points(name):
    """A list of ranges on the page."""
    page = read_bytes(PAGE).decode()
    words = re.search(rf"```{name}\n(.*?)```", page, re.DOTALL)[1].split()
    ends = [[int(end, 16) for end in word.split("-")] for word in words]
    return {code for first_last in ends for code in range(first_last[0], first_last[-1] + 1)}


INVISIBLE = code_points("invisible")
BLANK = code_points("blank")


def is_text(value, max_chars):
    codes = [ord(char) for char in value]
    return (1 <= len(codes) <= max_chars and not value.startswith(" ") and not value.endswith(" ")
            and not all(code in BLANK for code in codes)
            and not any(code < 0x20 or 0x7F <= code < 0xA0 or code in INVISIBLE for code in codes))


def is_time(value):
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", value):
        return False
    try:
        datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return False
    return value[0] != "0"


def matches(pattern):
    return lambda value: re.fullmatch(pattern, value, re.ASCII) is not None


FORM = {
    "version": matches("1"),
    "kind": lambda value: value in FIELDS,
    "world": matches("TEST|PRODUCTION"),
    "description": lambda value: is_text(value, 100),
    "owner": lambda value: is_text(value, 64),
    "created": is_time,
    "ceremony": matches("[A-Za-z0-9._-]{1,64}"),
    "slot": matches("[1-9]|1[0-9]|20|none"),
    "origin": matches("random|typed"),
    "kdf": lambda value: value in COSTS,
    "salt": matches("[0-9a-f]{32}"),
    "cipher": lambda value: value == CIPHER,
    "nonce": matches("[0-9a-f]{48}"),
    "pattern": matches("EP11-VP [0-9a-f]{64}|KCV-CMAC0 [0-9a-f]{6}"),
    "commitment": matches("[0-9a-f]{64}"),
    "ski": matches("[0-9a-f]{64}"),
    "administrator": matches("(?! )[ -~]{1,30}(?<! )"),
    "witness": matches("[!-*,-~]{1,100}"),
    "public-key": matches("[0-9a-f]{64}"),
}


def parse_value(name, value):
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = ""  # no field accepts it
    if not FORM[name](text):
        code = "E-UNSUPPORTED" if name in ("version", "kind", "kdf", "cipher") else "E-FORMAT"
        raise Refused(code, f"{name} is {value!r}")
    return text


def parse_header(lines):
    """The fields by name; every line is the one that has to stand there."""
    fields = {}
    names = ["version", "kind"]
    for number, name in enumerate(names):
        line = lines[number] if number < len(lines) else b""
        found, colon, value = line.partition(b": ")
        if found != name.encode() or not colon:
            raise Refused("E-FORMAT", f"line {number + 2} is not a {name} line")
        fields[name] = parse_value(name, value)
        if name == "kind":
            names += FIELDS[fields["kind"]][2:]
    if len(lines) != len(names):
        raise Refused("E-FORMAT", "more lines than a file of its kind has")
    kind = fields["kind"]
    if kind == "key-part":
        check = "EP11-VP" if fields["origin"] == "random" else "KCV-CMAC0"
        if fields["pattern"].split(" ")[0] != check:
            raise Refused("E-FORMAT", "the check value is not the one for its origin")
    return fields


def parse_payload(body, kind):
    lines = body.split(b"\n")
    if lines.pop() != b"" or any(len(line) != 64 for line in lines[:-1]):
        raise Refused("E-FORMAT", "the payload is not in lines of 64 characters")
    if not lines or not 1 <= len(lines[-1]) <= 64:
        raise Refused("E-FORMAT", "the payload has an empty line")
    payload = base64_strict(b"".join(lines), "E-FORMAT", "the payload")
    if len(payload) not in PAYLOAD_LEN[kind]:
        raise Refused("E-FORMAT", f"the payload has {len(payload)} bytes")
    return payload


class KeyFile:
    """The header and the sealed payload of a file's bytes, taken apart and checked."""

    def __init__(self, data):
        if len(data) > FILE_MAX:
            raise Refused("E-IO", "larger than any key file")
        content = split_checksum(data)
        magic, _, rest = content.partition(b"\n")
        if magic != MAGIC:
            raise Refused("E-FOREIGN", "another magic line")
        header, gap, body = rest.partition(b"\n\n")
        self.fields = parse_header(header.split(b"\n"))
        if not gap:
            raise Refused("E-FORMAT", "there is no empty line")
        self.kind = self.fields["kind"]
        self.payload = parse_payload(body, self.kind)
        self.associated = content[:len(content) - len(body)]
        self.file_id = sha256(data).hex()

    def derive(self, password):
        memory, passes, lanes = COSTS[self.fields["kdf"]]
        return argon2.low_level.hash_secret_raw(
            password, bytes.fromhex(self.fields["salt"]), time_cost=passes, memory_cost=memory,
            parallelism=lanes, hash_len=32, type=argon2.low_level.Type.ID, version=19)

    def open(self, key):
        """The secret, which agrees with the header. key is what derive() gave."""
        try:
            clear = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
                self.payload, self.associated, bytes.fromhex(self.fields["nonce"]), key)
        except nacl.exceptions.CryptoError:
            raise Refused("E-PASSWORD", "wrong password, or a forged header") from None
        if self.kind == "signature-key":
            self._check_scalar(clear)
            return clear
        if self.kind == "witness-key":
            if bytes(nacl.signing.SigningKey(clear).verify_key).hex() != self.fields["public-key"]:
                raise Refused("E-FORGED", "the key has another public key than the header says")
            return clear
        if self.kind == "rsa-signature-key":
            self._check_rsa(clear)
            return clear
        self._check_part(clear[:32], clear[32:])
        return clear[32:]

    def _check_part(self, nonce, part):
        name, value = self.fields["pattern"].split(" ")
        if check_values.compute(part)[name][:len(value) // 2].hex() != value:
            raise Refused("E-FORGED", "the part has another check value than the header says")
        if commitment(self.fields, nonce, part).hex() != self.fields["commitment"]:
            raise Refused("E-FORGED", "the part has another commitment than the header says")

    def _check_rsa(self, clear):
        try:
            private = load_der_private_key(clear, None)
        except ValueError:
            raise Refused("E-FORGED", "the payload is no RSA private key") from None
        if private.key_size != 2048:
            raise Refused("E-FORGED", "the RSA key does not have 2048 bits")
        public = private.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
        if sha256(public).hex() != self.fields["ski"]:
            raise Refused("E-FORGED", "the key has another SKI than the header says")

    def _check_scalar(self, clear):
        scalar = int.from_bytes(clear, "big")
        if not 1 <= scalar < P521_ORDER:
            raise Refused("E-FORGED", "the scalar is not of this curve")
        point = ec.derive_private_key(scalar, ec.SECP521R1()).public_key().public_bytes(
            Encoding.X962, PublicFormat.UncompressedPoint)
        if sha256(point).hex() != self.fields["ski"]:
            raise Refused("E-FORGED", "the key has another SKI than the header says")


def commitment(fields, nonce, part):
    def counted(text):
        data = text.encode()
        return len(data).to_bytes(4, "big") + data

    slot = 0 if fields["slot"] == "none" else int(fields["slot"])
    return sha256(b"claviger/part-commit/v1" + counted(fields["ceremony"])
                  + slot.to_bytes(4, "big") + counted(fields["owner"])
                  + counted(fields["world"] + " " + fields["origin"]) + nonce + part)


# ---- the program ----


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--password-fd", type=int)
    args = parser.parse_args(argv)
    keyfile = KeyFile(read_private(args.file))
    for name, value in keyfile.fields.items():
        print(f"{name}: {value}")
    print(f"file id: {keyfile.file_id}")
    if args.password_fd is None:
        return 0
    with os.fdopen(args.password_fd, "rb") as pipe:
        password = pipe.read(513).removesuffix(b"\n")
    if not 1 <= len(password) <= 512:
        raise Refused("E-PASSWORD", "a password has 1 to 512 bytes")
    keyfile.open(keyfile.derive(password))
    print("opens; the content agrees with the header")
    return 0


if __name__ == "__main__":
    run(main)
