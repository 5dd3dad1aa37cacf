"""What witnesses are asked and answer, as docs/formats/witness.md describes it.

    witness.py request [--vkey JOURNAL] FILE          codes or text of a checkpoint to be cosigned
    witness.py cosignature --witness KEY --request REQUEST FILE
                                                      its code, rows or line, against the request
    witness.py memory --witness KEY FILE              what a witness remembers
    witness.py cosign --witness KEY [--vkey JOURNAL] [--memory FILE] FILE
                                                      whether the witness signs it, by all steps
"""
import argparse
import base64
import re
import sys

import nacl.exceptions
import nacl.signing

from common import (ORIGIN, Checkpoint, Refused, VerifierKey, base64_strict, decimal_strict,
                    is_key_name, node_hash, read_bytes, run, sha256)

FORMAT = "E-FORMAT"
ALPHABET = b"0123456789ABCDEFGHJKLMNPQRSTUVWX"
DASH = "— ".encode()
WITNESS_KEY = re.compile(rb"([^+]{1,100})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
REQUEST_MAX = 16 * 1024
MAX_CODES = 24
CODE_CHARS = 130


# ---- keys and cosignatures ----


class WitnessKey:
    """A verifier key of type 4."""

    def __init__(self, text):
        match = WITNESS_KEY.fullmatch(text)
        if not match:
            raise Refused(FORMAT, "malformed key of a witness")
        typed_key = base64_strict(match[3], FORMAT, "the key of a witness")
        if typed_key[0] != 4:
            raise Refused("E-UNSUPPORTED", "not the key of a witness")
        if len(typed_key) != 33 or not is_key_name(match[1]):
            raise Refused(FORMAT, "malformed key of a witness")
        self.text = text
        self.name = match[1]
        self.key = typed_key[1:]
        self.key_id = sha256(self.name + b"\n" + typed_key)[:4]
        if self.key_id.hex().encode() != match[2]:
            raise Refused(FORMAT, "the key of the witness has another id")

    @classmethod
    def from_parts(cls, name, key):
        typed_key = b"\4" + key
        key_id = sha256(name + b"\n" + typed_key)[:4].hex().encode()
        return cls(name + b"+" + key_id + b"+" + base64.b64encode(typed_key))

    def holds(self, checkpoint_text, time, signature):
        try:
            nacl.signing.VerifyKey(self.key).verify(message(checkpoint_text, time), signature)
        except (nacl.exceptions.BadSignatureError, ValueError):
            return False
        return True

    def check(self, checkpoint):
        """The checkpoint has cosignatures of this witness, and all of them hold. The latest time."""
        found = [blob for name, key_id, blob in checkpoint.signatures
                 if name == self.name and key_id == self.key_id]
        if not found:
            raise Refused("E-FOREIGN", f"not cosigned by {self.name.decode()}")
        times = []
        for blob in found:
            time = int.from_bytes(blob[:8], "big")
            if (len(blob) != 72 or time >= 1 << 63
                    or not self.holds(checkpoint.signed, time, blob[8:])):
                raise Refused("E-FORGED", f"the cosignature of {self.name.decode()} does not hold")
            times.append(time)
        return max(times)


def message(checkpoint_text, time):
    return b"cosignature/v1\ntime %d\n" % time + checkpoint_text


class Cosignature:
    """What comes back: a code, eight rows, or a line."""

    def __init__(self, key_id, time, signature, size=None):
        self.key_id, self.time, self.signature, self.size = key_id, time, signature, size

    @classmethod
    def from_blob(cls, blob, size=None):
        """Key id, time and signature, as a note has them."""
        time = int.from_bytes(blob[4:12], "big")
        if len(blob) != 76 or time >= 1 << 63:
            raise Refused(FORMAT, "not a cosignature")
        return cls(blob[:4], time, blob[12:], size)

    @classmethod
    def from_packed(cls, data):
        return cls.from_blob(data[:4] + data[8:], int.from_bytes(data[4:8], "big"))

    def packed(self):
        return self.key_id + self.size.to_bytes(4, "big") + self.time.to_bytes(8, "big") + self.signature

    @classmethod
    def read(cls, data):
        for line in lines_of(data):
            if starts(line, b"CLV1W"):
                (chars,) = open_code(line, b"CLV1W", 1)
                return cls.from_packed(base32_decode(chars, 80))
            if line.startswith(DASH):
                return cls.from_line(line)
        return cls.from_packed(base32_decode(read_rows(data), 80))

    @classmethod
    def from_line(cls, line):
        match = re.fullmatch(DASH + rb"([^ ]+) ([A-Za-z0-9+/=]+)", line)
        if not match or not is_key_name(match[1]):
            raise Refused(FORMAT, "not the line of a cosignature")
        return cls.from_blob(base64_strict(match[2], FORMAT, "a cosignature"))

    def line(self, witness):
        blob = self.key_id + self.time.to_bytes(8, "big") + self.signature
        return DASH + witness.name + b" " + base64.b64encode(blob) + b"\n"

    def check(self, witness, checkpoint):
        if self.key_id != witness.key_id:
            raise Refused("E-FOREIGN", "a cosignature of another key")
        if not witness.holds(checkpoint.signed, self.time, self.signature):
            raise Refused("E-FORGED", "the cosignature does not hold")


# ---- requests ----


def split_power(size):
    return 1 << (size - 1).bit_length() - 1


def rebuild(old, size, proof, whole):
    """(root of old, root of size) by RFC 6962 section 2.1.2; whole: None, or the old root, known."""
    if old == size:
        if whole is not None:
            return whole, whole
        root = proof.pop()
        return root, root
    left = split_power(size)
    last = proof.pop()
    if old <= left:
        old_root, new_root = rebuild(old, left, proof, whole)
        return old_root, node_hash(new_root, last)
    old_root, new_root = rebuild(old - left, size - left, proof, None)
    return node_hash(last, old_root), node_hash(last, new_root)


def is_consistent(old, old_root, size, root, proof):
    if old == size:
        return not proof and root == old_root
    proof = list(proof)
    try:
        roots = rebuild(old, size, proof, old_root)
    except IndexError:
        return False
    return not proof and roots == (old_root, root)


class Request:
    """old <size>, hashes, an empty line, a signed checkpoint."""

    def __init__(self, data):
        match = re.fullmatch(rb"old ([0-9]+)\n((?:[^\n]+\n)*)\n((?:[^\n]+\n)+)\n((?:[^\n]+\n)+)", data)
        if not match or len(data) > REQUEST_MAX:
            raise Refused(FORMAT, "not a checkpoint to be cosigned")
        self.old = decimal_strict(match[1], FORMAT, "the old size")
        self.proof = [base64_strict(line, FORMAT, "a hash") for line in match[2].split(b"\n")[:-1]]
        if len(self.proof) > 63 or any(len(value) != 32 for value in self.proof):
            raise Refused(FORMAT, "not a proof")
        self.checkpoint = Checkpoint(match[3].split(b"\n")[:-1], match[4].split(b"\n")[:-1],
                                     FORMAT)
        self.text = data

    def check(self, journal, size=0, root=b""):
        """As a witness who last cosigned size and root."""
        self.checkpoint.check_signed_by(journal)
        new = self.checkpoint
        if new.size == 0 or self.old > new.size:
            raise Refused(FORMAT, "impossible sizes")
        if new.size < size or (new.size == size and new.root != root):
            raise Refused("E-FORGED", "rolled back, or two views")
        if self.old != size:
            raise Refused("E-MISMATCH", "the proof starts elsewhere")
        if size == 0 and self.proof:
            raise Refused(FORMAT, "a proof from nothing")
        if size and not is_consistent(size, root, new.size, new.root, self.proof):
            raise Refused("E-FORGED", "two views of one journal")


# ---- characters ----


def base32_encode(data):
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    return bytes(ALPHABET[int(bits[at:at + 5], 2)] for at in range(0, len(bits), 5))


def base32_decode(text, length):
    bits = "".join(f"{ALPHABET.index(char):05b}" for char in text)
    if len(text) != -(-length * 8 // 5) or "1" in bits[length * 8:]:
        raise Refused(FORMAT, "another spelling")
    return bytes(int(bits[at:at + 8], 2) for at in range(0, length * 8, 8))


def check_chars(data, count):
    return base32_encode(sha256(data))[:count]


def normalise(text):
    """In capitals, I and O as digits; characters of the alphabet and dots only."""
    text = text.upper().replace(b"I", b"1").replace(b"O", b"0")
    if any(byte not in ALPHABET + b"." for byte in text):
        raise Refused(FORMAT, "a character of another alphabet")
    return text


def lines_of(data):
    """Without blanks around them; those that are empty are left out."""
    lines = [line.strip(b" \t\r") for line in data.split(b"\n")]
    return [line for line in lines if line]


def starts(data, word):
    head = data.strip(b" \t\r\n").removeprefix(b"QR-Code:")[:len(word) + 1]
    return head.upper().replace(b"I", b"1").replace(b"O", b"0") == word + b"."


def open_code(text, word, count):
    fields = normalise(text.removeprefix(b"QR-Code:")).split(b".")
    if len(fields) != count + 2 or fields[0] != word:
        raise Refused(FORMAT, "not the text of a code")
    if check_chars(b".".join(fields[:-1]), 4) != fields[-1]:
        raise Refused(FORMAT, "misread")
    return fields[1:-1]


def close_code(*fields):
    text = b".".join(fields)
    return text + b"." + check_chars(text, 4)


# ---- the cosignature in rows ----


def write_rows(packed):
    chars = base32_encode(packed)
    for number in range(1, 9):
        row = chars[16 * number - 16:16 * number]
        groups = b" ".join(row[at:at + 4] for at in range(0, 16, 4))
        yield b"%d  %s  %s" % (number, groups, check_chars(b"CLV1W%d" % number + row, 2))


def read_rows(data):
    rows = {}
    for line in lines_of(data):
        row = re.sub(rb"[ \t-]", b"", line)
        if b"." in row:
            raise Refused(FORMAT, "not a row")
        row = normalise(row)
        if len(row) != 19 or row[:1] not in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8"):
            raise Refused(FORMAT, "not a row")
        if check_chars(b"CLV1W" + row[:17], 2) != row[17:]:
            raise Refused(FORMAT, f"row {row[:1].decode()} is mistyped")
        if rows.setdefault(row[:1], row[1:17]) != row[1:17]:
            raise Refused(FORMAT, "two different rows of one number")
    missing = [number for number in range(1, 9) if b"%d" % number not in rows]
    if missing:
        raise Refused("E-MISSING", f"row {missing[0]} is missing")
    return b"".join(rows[b"%d" % number] for number in range(1, 9))


# ---- the request in codes ----


def pack_request(request, vkey):
    checkpoint = request.checkpoint
    world, ceremony = checkpoint.origin.split(b"/")[1:]
    signature = [blob for name, key_id, blob in checkpoint.signatures
                 if name == vkey.origin and key_id == vkey.key_id][0]
    return (b"\1" + (b"\1" if world == b"test" else b"\0") + bytes([len(ceremony)]) + ceremony
            + checkpoint.size.to_bytes(4, "big") + checkpoint.root + vkey.key + signature
            + request.old.to_bytes(4, "big") + bytes([len(request.proof)]) + b"".join(request.proof))


def write_codes(packed):
    chars = base32_encode(packed)
    total = max(1, -(-len(chars) // CODE_CHARS))
    each = -(-len(chars) // total)
    for number in range(1, total + 1):
        part = chars[each * (number - 1):each * number]
        yield close_code(b"CLV1C", b"%d" % number, b"%d" % total, check_chars(packed, 4), part)


def read_codes(data):
    parts, heads = {}, set()
    for line in lines_of(data):
        number, total, tag, part = open_code(line, b"CLV1C", 4)
        if (not re.fullmatch(rb"[1-9][0-9]?", number) or not re.fullmatch(rb"[1-9][0-9]?", total)
                or not int(number) <= int(total) <= MAX_CODES or len(tag) != 4
                or not 1 <= len(part) <= CODE_CHARS):
            raise Refused(FORMAT, "a code with impossible numbers")
        heads.add((int(total), tag))
        if len(heads) != 1 or parts.setdefault(int(number), part) != part:
            raise Refused("E-FOREIGN", "codes of different checkpoints")
    if not heads:
        raise Refused(FORMAT, "there is no code")
    total, tag = heads.pop()
    missing = [number for number in range(1, total + 1) if number not in parts]
    if missing:
        raise Refused("E-MISSING", f"code {missing[0]} of {total} is missing")
    chars = b"".join(parts[number] for number in range(1, total + 1))
    packed = base32_decode(chars, len(chars) * 5 // 8)
    if check_chars(packed, 4) != tag:
        raise Refused(FORMAT, "the codes do not belong together")
    return packed


def unpack_request(data):
    """(text of the request, the journal's key)"""
    if len(data) >= 2 and (data[0] != 1 or data[1] > 1):
        raise Refused("E-UNSUPPORTED", "a later version")
    match = re.fullmatch(rb"\x01([\x00\x01])([\x01-\x20])(.*)", data, re.DOTALL)
    rest = match[3][match[2][0]:] if match else b""
    if len(rest) < 137 or len(rest) != 137 + 32 * rest[136]:
        raise Refused(FORMAT, "the codes carry something else")
    ceremony = match[3][:match[2][0]]
    if not re.fullmatch(rb"[A-Z0-9-]+", ceremony):
        raise Refused(FORMAT, "no ceremony")
    origin = b"claviger.invalid/" + (b"test/" if data[1] else b"production/") + ceremony
    vkey = VerifierKey.from_parts(origin, rest[36:68])
    size, old = int.from_bytes(rest[:4], "big"), int.from_bytes(rest[132:136], "big")
    lines = [b"old %d" % old]
    lines += [base64.b64encode(rest[at:at + 32]) for at in range(137, len(rest), 32)]
    lines += [b"", origin, b"%d" % size, base64.b64encode(rest[4:36]), b""]
    lines += ["— ".encode() + origin + b" " + base64.b64encode(vkey.key_id + rest[68:132])]
    return b"\n".join(lines) + b"\n", vkey


def request_of(data, vkey=None):
    """(request, the key of its journal): codes bring their own key."""
    if not starts(data, b"CLV1C"):
        return Request(data), vkey
    text, named = unpack_request(read_codes(data))
    if vkey is not None and vkey.text != named.text:
        raise Refused("E-FOREIGN", "codes of another journal")
    return Request(text), named


# ---- what a witness remembers ----


def read_memory(data, witness):
    """{the journal's key: (size, root, time)}"""
    match = re.fullmatch(rb"(.*\n)checksum: sha256 ([0-9a-f]{64})\n", data, re.DOTALL)
    if not match or sha256(match[1]).hex().encode() != match[2]:
        raise Refused("E-DAMAGED", "the checksum does not fit")
    lines = match[1].split(b"\n")[:-1]
    if lines[:1] != [b"claviger witness memory"]:
        raise Refused("E-FOREIGN", "not the memory of a witness")
    if lines[1:2] != [b"version: 1"]:
        raise Refused("E-UNSUPPORTED", "another version")
    if len(lines) < 3 or not lines[2].startswith(b"witness: "):
        raise Refused(FORMAT, "no witness")
    named = WitnessKey(lines[2][9:])
    found = {}
    for line in lines[3:]:
        fields = re.fullmatch(rb"([^ ]+) ([0-9]+) ([^ ]+) ([0-9]+)", line)
        if not fields:
            raise Refused(FORMAT, "a malformed line")
        journal = VerifierKey(fields[1], FORMAT)
        size = decimal_strict(fields[2], FORMAT, "a size")
        root = base64_strict(fields[3], FORMAT, "a root")
        if size == 0 or len(root) != 32 or any(key.origin == journal.origin for key in found):
            raise Refused(FORMAT, "a malformed line")
        found[journal] = size, root, decimal_strict(fields[4], FORMAT, "a time")
    if named.text != witness.text:
        raise Refused("E-FOREIGN", "the memory of another witness")
    return found


def with_checksum(text):
    return text + b"checksum: sha256 " + sha256(text).hex().encode() + b"\n"


def write_memory(witness, journals):
    """journals: (the journal's key as text, size, root, time)"""
    lines = [b"claviger witness memory", b"version: 1", b"witness: " + witness.text]
    lines += [b"%s %d %s %d" % (key, size, base64.b64encode(root), time)
              for key, size, root, time in journals]
    return with_checksum(b"\n".join(lines) + b"\n")


# ---- the whole decision ----


def decide(data, witness, memory=None, vkey=None, world=b"test"):
    """Returns when the witness signs. memory: the bytes of their file; vkey: from paper."""
    request, vkey = request_of(data, vkey)
    origin = request.checkpoint.origin
    if not re.fullmatch(ORIGIN, origin):
        raise Refused("E-FOREIGN", "no journal of a ceremony")
    if origin.split(b"/")[1] != world:
        raise Refused("E-WORLD", "the other world")
    known = read_memory(memory, witness) if memory is not None else {}
    for journal, (size, root, _) in known.items():
        if journal.origin == origin:
            if vkey is not None and vkey.text != journal.text:
                raise Refused("E-FOREIGN", "remembered with another key")
            return request.check(journal, size, root)
    if vkey is None:
        raise Refused("E-MISSING", "the key of this journal is not known")
    return request.check(vkey)


# ---- the program ----


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=("request", "cosignature", "memory", "cosign"))
    parser.add_argument("file")
    parser.add_argument("--vkey")
    parser.add_argument("--witness")
    parser.add_argument("--request")
    parser.add_argument("--memory")
    args = parser.parse_args(argv)
    data = sys.stdin.buffer.read() if args.file == "-" else read_bytes(args.file)
    witness = WitnessKey(args.witness.encode()) if args.witness else None
    vkey = VerifierKey(args.vkey.encode(), FORMAT) if args.vkey else None
    if args.what == "request":
        request, vkey = request_of(data, vkey)
        if vkey is None:
            raise Refused("E-USAGE", "the key of the journal is needed")
        request.checkpoint.check_signed_by(vkey)
        print(request.text.decode(), end="")
    elif args.what == "cosignature":
        request, _ = request_of(read_bytes(args.request))
        Cosignature.read(data).check(witness, request.checkpoint)
        print("the cosignature holds")
    elif args.what == "cosign":
        decide(data, witness, read_bytes(args.memory) if args.memory else None, vkey)
        print("to be cosigned")
    else:
        for journal, (size, _, _) in read_memory(data, witness).items():
            print(journal.text.decode(), size)
    return 0


if __name__ == "__main__":
    run(main)
