"""What the readers share: how they refuse, strict base64, and the signed notes of the journal.

Written from docs/formats/ alone. Nothing here calls or includes code of claviger.
"""
import base64
import binascii
import hashlib
import re
import sys

import nacl.exceptions
import nacl.signing

# The classes of docs/formats/ and the exit codes that docs/operator-guide.md gives them.
EXIT_CODES = {
    "E-USAGE": 2,
    "E-PASSWORD": 4,
    "E-DAMAGED": 5,
    "E-FORMAT": 5,
    "E-UNSUPPORTED": 5,
    "E-FOREIGN": 5,
    "E-WORLD": 8,
    "E-FORGED": 1,
    "E-MISMATCH": 1,
    "E-MISSING": 7,
    "E-IO": 7,
    "E-PERMISSION": 7,
}


class Refused(Exception):
    """What a reader was given is not accepted: a class of error, and the reason for people."""

    def __init__(self, code, reason):
        super().__init__(f"{code}: {reason}")
        self.code = code


def run(main):
    """Calls main(argv) and turns a refusal into its documented exit code."""
    try:
        sys.exit(main(sys.argv[1:]))
    except Refused as refused:
        print(refused, file=sys.stderr)
        sys.exit(EXIT_CODES[refused.code])


def read_bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError as problem:
        raise Refused("E-MISSING", problem) from None
    except OSError as problem:
        raise Refused("E-IO", problem) from None


def sha256(data):
    return hashlib.sha256(data).digest()


def base64_strict(text, code, what):
    """Standard alphabet, padded, unused bits zero: the one spelling of these bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(code, f"{what} is not base64") from None
    if base64.b64encode(data) != text:
        raise Refused(code, f"{what} is not base64 in its one spelling")
    return data


def decimal_strict(text, code, what):
    if not re.fullmatch(rb"0|[1-9][0-9]{0,17}", text):
        raise Refused(code, f"{what} is not a number")
    return int(text)


# ---- RFC 6962 ----


def leaf_hash(entry):
    return sha256(b"\0" + entry)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


def tree_root(leaves):
    """The root by the recursive definition of RFC 6962 section 2.1."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    left = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(tree_root(leaves[:left]), tree_root(leaves[left:]))


def proof_len(index, size):
    """How many hashes the inclusion proof of leaf index has in a tree of this size."""
    if size == 1:
        return 0
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return 1 + proof_len(index, left)
    return 1 + proof_len(index - left, size - left)


def proof_root(leaf, index, size, proof):
    """Carries a leaf hash up through proof, which has proof_len() hashes, from the leaf upwards."""
    if size == 1:
        return leaf
    left = 1 << (size - 1).bit_length() - 1
    if index < left:
        return node_hash(proof_root(leaf, index, left, proof[:-1]), proof[-1])
    return node_hash(proof[-1], proof_root(leaf, index - left, size - left, proof[:-1]))


# ---- signed notes ----

ORIGIN = rb"claviger\.invalid/(?:test|production)/[A-Z0-9-]{1,32}"
VKEY = re.compile(rb"(" + ORIGIN + rb")\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})")
MAX_SIGNATURES = 32


class VerifierKey:
    """The journal's public key as text."""

    def __init__(self, text, code):
        match = VKEY.fullmatch(text)
        if not match:
            raise Refused(code, "malformed verifier key")
        self.text = text
        self.origin = match[1]
        key_id = bytes.fromhex(match[2].decode())
        typed_key = base64_strict(match[3], code, "the verifier key")
        if typed_key[0] != 1:
            raise Refused(code, "the verifier key is not Ed25519")
        if sha256(self.origin + b"\n" + typed_key)[:4] != key_id:
            raise Refused(code, "the verifier key does not have the id it names")
        self.key_id = key_id
        self.key = typed_key[1:]

    @classmethod
    def from_parts(cls, origin, key):
        key_id = sha256(origin + b"\n\1" + key)[:4]
        return cls(origin + b"+" + key_id.hex().encode() + b"+" + base64.b64encode(b"\1" + key),
                   "E-FORMAT")

    def signs(self, signed, signature):
        try:
            nacl.signing.VerifyKey(self.key).verify(signed, signature)
        except (nacl.exceptions.BadSignatureError, ValueError):
            return False
        return True


def is_note_line(line):
    try:
        return not any(ord(char) < 0x20 or ord(char) == 0x7F for char in line.decode())
    except UnicodeDecodeError:
        return False


def is_key_name(name):
    """Of a key in a note: UTF-8, no blank of any kind, no plus, no control character."""
    return (is_note_line(name) and name != b"" and b"+" not in name
            and not any(char.isspace() for char in name.decode()))


class Checkpoint:
    """One signed note: text lines, an empty line, signature lines. `lines` are without line feeds."""

    def __init__(self, text_lines, signature_lines, code):
        for line in text_lines + signature_lines:
            if not is_note_line(line):
                raise Refused(code, "the checkpoint is not UTF-8 without control characters")
        if len(text_lines) < 3:
            raise Refused(code, "the checkpoint has fewer than three lines")
        self.origin = text_lines[0]
        self.size = decimal_strict(text_lines[1], code, "the checkpoint's size")
        self.root = base64_strict(text_lines[2], code, "the checkpoint's root")
        if len(self.root) != 32:
            raise Refused(code, "the checkpoint's root is not a hash")
        self.extensions = text_lines[3:]
        self.signed = b"".join(line + b"\n" for line in text_lines)
        if not 1 <= len(signature_lines) <= MAX_SIGNATURES:
            raise Refused(code, "the checkpoint has no signature, or too many")
        self.signatures = [self._signature(line, code) for line in signature_lines]

    @staticmethod
    def _signature(line, code):
        match = re.fullmatch("— ".encode() + rb"([^ +]+) ([A-Za-z0-9+/=]+)", line)
        if not match or not is_key_name(match[1]):
            raise Refused(code, "malformed signature line")
        blob = base64_strict(match[2], code, "a signature")
        if len(blob) < 5:
            raise Refused(code, "a signature is too short")
        return match[1], blob[:4], blob[4:]

    def check_signed_by(self, vkey):
        """It is of the key's log, there is a signature by the key, and it holds."""
        if self.origin != vkey.origin:
            raise Refused("E-FOREIGN", "a checkpoint of another log than its key")
        found = [signature for name, key_id, signature in self.signatures
                 if name == vkey.origin and key_id == vkey.key_id]
        if not found:
            raise Refused("E-FOREIGN", f"the checkpoint at {self.size} is not signed by the key")
        if not all(vkey.signs(self.signed, signature) for signature in found):
            raise Refused("E-FORGED", f"the signature of the checkpoint at {self.size} fails")
