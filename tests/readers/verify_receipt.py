"""Verifies a receipt as docs/formats/receipt.md describes it: the file, its codes, or a slip.

    verify_receipt.py [--vkey KEY] [--witness KEY]... [--journal DIR] FILE
    zbarimg -q --raw page.pgm | verify_receipt.py -

A slip proves nothing without --journal.
"""
import argparse
import base64
import re
import sys

import verify_journal
from common import (Checkpoint, Refused, VerifierKey, base64_strict, decimal_strict, leaf_hash,
                    proof_len, proof_root, read_bytes, run, sha256)
from witness import WitnessKey

HEAD = b"c2sp.org/tlog-proof@v1"
FORMAT = "E-FORMAT"
CEREMONY_ID = rb"[A-Z0-9-]{1,32}"
CODE = re.compile(rb"CLV1R:(" + CEREMONY_ID + rb"):([A-Z0-9-]{1,16}):([1-9][0-9]?)/([1-9][0-9]?)"
                  rb":([0-9A-F]{8}):([0-9A-Z $%*+\-./:]+):([0-9A-F]{8})")
SLIP = re.compile(rb"CLV1S:([TP]):(" + CEREMONY_ID + rb"):([0-9]+):([A-Z0-9]{1,8}):([0-9A-F]{64})"
                  rb":([0-9A-F]{8})")
BASE45 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


# ---- the file ----


class Receipt:
    """A tlog-proof, taken apart."""

    def __init__(self, data):
        match = re.fullmatch(HEAD + rb"\nextra ([^\n]+)\nindex ([0-9]+)\n((?:[^\n]+\n)*)\n"
                             rb"((?:[^\n]+\n)+)\n((?:[^\n]+\n)+)", data)
        if not match:
            raise Refused(FORMAT, "not the form of a receipt")
        extra = base64_strict(match[1], FORMAT, "extra")
        claim = re.fullmatch(rb"([^\n]{1,4096})\n([^\n]+)\n", extra)
        if not claim:
            raise Refused(FORMAT, "extra is not an entry and a key")
        self.entry = claim[1]
        self.vkey = VerifierKey(claim[2], FORMAT)
        self.index = decimal_strict(match[2], FORMAT, "index")
        self.proof = [base64_strict(line, FORMAT, "a hash of the proof")
                      for line in match[3].split(b"\n")[:-1]]
        if any(len(value) != 32 for value in self.proof):
            raise Refused(FORMAT, "a hash of the proof has another length")
        self.checkpoint = Checkpoint(match[4].split(b"\n")[:-1], match[5].split(b"\n")[:-1], FORMAT)
        if self.checkpoint.extensions:
            raise Refused("E-UNSUPPORTED", "the checkpoint has extension lines")

    def verify(self, expected=None):
        if expected is not None and self.vkey.text != expected:
            raise Refused("E-FOREIGN", "made with another key than the one expected")
        self.checkpoint.check_signed_by(self.vkey)
        size = self.checkpoint.size
        if self.index >= size or len(self.proof) != proof_len(self.index, size):
            raise Refused("E-FORGED", "the proof does not have the hashes that this entry needs")
        if proof_root(leaf_hash(self.entry), self.index, size, self.proof) != self.checkpoint.root:
            raise Refused("E-FORGED", "the entry is not in the log that the checkpoint signs")


# ---- codes ----


def base45_decode(text):
    """RFC 9285."""
    values = [BASE45.index(char) for char in text]
    out = bytearray()
    for at in range(0, len(values), 3):
        group = values[at:at + 3]
        value = sum(digit * 45 ** place for place, digit in enumerate(group))
        num_bytes = len(group) - 1
        if num_bytes < 1 or value >= 256 ** num_bytes:
            raise Refused(FORMAT, "a code is not base45")
        out += value.to_bytes(num_bytes, "big")
    return bytes(out)


def check_of(text):
    return sha256(text)[:4].hex().upper().encode()


def split_codes(data):
    """The codes in what a reader of codes printed: one a line, or with nothing between them."""
    for line in re.split(rb"[\r\n]", data):
        line = line.removeprefix(b"QR-Code:").strip(b" \t")
        starts = [match.start() for match in re.finditer(rb"CLV1[RS]:", line)] or [0]
        for start, end in zip([0] + starts[1:], starts[1:] + [len(line)]):
            if line and not line.startswith(b"CLV1S:", start):
                yield line[start:end]


def join_codes(data):
    """The packed receipt out of its codes, and the ceremony they name."""
    heads, parts = set(), {}
    for code in split_codes(data):
        match = CODE.fullmatch(code)
        if not match or check_of(code[:-9]) != match[7]:
            raise Refused(FORMAT, "a code does not fit its check value")
        if not 1 <= int(match[3]) <= int(match[4]) <= 16:
            raise Refused(FORMAT, "a code with an impossible number")
        heads.add((match[1], match[2], match[4], match[5]))
        parts.setdefault(int(match[3]), set()).add(match[6])
    if not heads:
        raise Refused(FORMAT, "there is no code of a receipt")
    if len(heads) != 1 or any(len(same) != 1 for same in parts.values()):
        raise Refused("E-FOREIGN", "codes of different receipts or prints")
    ceremony_id, serial, total, tag = heads.pop()
    total = int(total)
    missing = [number for number in range(1, total + 1) if number not in parts]
    if missing:
        raise Refused("E-MISSING", f"code {missing[0]} of {total} of receipt {serial.decode()} is "
                                   "missing")
    packed = b"".join(base45_decode(parts[number].copy().pop()) for number in range(1, total + 1))
    if check_of(packed) != tag:
        raise Refused(FORMAT, "the codes do not fit their tag")
    return packed, ceremony_id


class Unpacker:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, length):
        if self.at + length > len(self.data):
            raise Refused(FORMAT, "the packed receipt is too short")
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, length):
        return int.from_bytes(self.take(length), "big")


def unpack(packed):
    """The receipt file that a packed receipt stands for."""
    packed = Unpacker(packed)
    version, flags = packed.number(1), packed.number(1)
    if version != 1 or flags > 1:
        raise Refused("E-UNSUPPORTED", "another version of packed receipts")
    origin = b"claviger.invalid/" + (b"test/" if flags else b"production/")
    origin += packed.take(packed.number(1))
    index, size = packed.number(4), packed.number(4)
    if index >= size:
        raise Refused(FORMAT, "an entry that the log does not have")
    vkey = VerifierKey.from_parts(origin, packed.take(32))
    signatures = [(origin, vkey.key_id + packed.take(64))]
    entry = packed.take(packed.number(2))
    proof = [packed.take(32) for _ in range(proof_len(index, size))]
    for _ in range(packed.number(1)):
        name = packed.take(packed.number(1))
        signatures.append((name, packed.take(packed.number(2))))
    if packed.at != len(packed.data):
        raise Refused(FORMAT, "the packed receipt is too long")
    root = proof_root(leaf_hash(entry), index, size, proof)
    lines = [HEAD, b"extra " + base64.b64encode(entry + b"\n" + vkey.text + b"\n"),
             b"index %d" % index]
    lines += [base64.b64encode(value) for value in proof]
    lines += [b"", origin, b"%d" % size, base64.b64encode(root), b""]
    lines += ["— ".encode() + name + b" " + base64.b64encode(blob) for name, blob in signatures]
    return b"\n".join(lines) + b"\n"


# ---- slips ----


def verify_slip(text, journal, expected):
    match = SLIP.fullmatch(text)
    if not match:
        raise Refused(FORMAT, "not the form of a slip")
    size = decimal_strict(match[3], FORMAT, "the slip's size")
    if size == 0 or check_of(text[:-9]) != match[6]:
        raise Refused(FORMAT, "the slip does not fit its check value")
    if journal is None:
        print("a slip, read without error; it proves nothing without the journal")
        return 0
    world = b"test/" if match[1] == b"T" else b"production/"
    if expected not in (None, journal.vkey.text):
        raise Refused("E-FOREIGN", "the journal has another key than the one expected")
    if journal.vkey.origin != b"claviger.invalid/" + world + match[2]:
        raise Refused("E-FOREIGN", "a slip of another ceremony")
    if size > len(journal.leaves):
        raise Refused("E-DAMAGED", "the journal is shorter than the slip: it was rolled back")
    if journal.root(size).hex().upper().encode() != match[5]:
        raise Refused("E-FORGED", "the journal begins with other entries than the slip saw")
    print(f"the journal still begins with the {size} entries of the slip")
    return 0


# ---- the program ----


def load_journal(folder):
    journal = verify_journal.Journal(folder)
    try:
        journal.verify()
    except verify_journal.Verdict as verdict:
        if verdict.name not in ("unsigned tail", "unsigned"):
            raise
    return journal


def receipt_of(data):
    if data.startswith(b"c2sp.org/tlog-proof@"):
        return Receipt(data)
    packed, ceremony_id = join_codes(data)
    receipt = Receipt(unpack(packed))
    if receipt.vkey.origin.rpartition(b"/")[2] != ceremony_id:
        raise Refused("E-FOREIGN", "the codes carry a receipt of another ceremony")
    return receipt


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file")
    parser.add_argument("--vkey")
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--journal")
    args = parser.parse_args(argv)
    data = sys.stdin.buffer.read() if args.file == "-" else read_bytes(args.file)
    journal = load_journal(args.journal) if args.journal else None
    expected = VerifierKey(args.vkey.encode(), FORMAT).text if args.vkey else None
    if re.match(rb"\s*(QR-Code:)?CLV1S:", data) and b"CLV1R:" not in data:
        return verify_slip(data.strip().removeprefix(b"QR-Code:"), journal, expected)
    receipt = receipt_of(data)
    receipt.verify(expected)
    if journal and (receipt.vkey.text != journal.vkey.text
                    or journal.entries[receipt.index:receipt.index + 1] != [receipt.entry]):
        raise Refused("E-FOREIGN", "the journal has another entry there")
    for text in args.witness:
        WitnessKey(text.encode()).check(receipt.checkpoint)
    print(f"entry {receipt.index} of {receipt.checkpoint.size}: {receipt.entry.decode(errors='replace')}")
    print(receipt.vkey.text.decode())
    return 0


if __name__ == "__main__":
    run(main)
