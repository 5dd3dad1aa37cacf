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
from witness import ALPHABET, WitnessKey, base32_decode, check_chars

HEAD = b"c2sp.org/tlog-proof@v1"
FORMAT = "E-FORMAT"
ID_MAX, SERIAL_MAX, KIND_MAX, CODE_MAX = 32, 16, 8, 699
FIELDS = {b"CLV1R": 6, b"CLV1S": 5}
# A code with its end, when it has one: what follows it on the line is another one.
PIECE = re.compile(rb"[ \t]*(?:QR-Code:)?(?i:CLV1R\.(?:[^.]*\.){6}|CLV1S\.(?:[^.]*\.){5}).{8}", re.DOTALL)
SPELLED = {b"X": b"-", b"W0": b"W", b"W1": b"X", b"W2": b"Y", b"W3": b"Z"}


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


def split_codes(data):
    """The codes in what a reader of codes printed: one a line, or with nothing between them."""
    for line in re.split(rb"[\r\n]", data):
        while line:
            match = PIECE.match(line)
            piece = match[0] if match else line
            line = line[len(piece):]
            piece = piece.strip(b" \t").removeprefix(b"QR-Code:")
            if piece:
                yield piece


def starts(piece, word):
    return piece[:6].upper() == word + b"."


def open_code(text, word):
    """The fields between the word and the check value."""
    text = text.upper()
    fields = text.split(b".")
    if (len(text) > CODE_MAX or not re.fullmatch(rb"[0-9A-X.]+", text) or fields[0] != word
            or len(fields) != FIELDS[word] + 2 or check_chars(text[:-9], 8) != fields[-1]):
        raise Refused(FORMAT, "a code does not fit its check value")
    return fields[1:-1]


def word_of(field, longest):
    if not re.fullmatch(rb"(?:[0-9A-VX]|W[0-3])+", field):
        raise Refused(FORMAT, "a word in another spelling")
    word = re.sub(rb"X|W.", lambda match: SPELLED[match[0]], field)
    if len(word) > longest:
        raise Refused(FORMAT, "a word is too long")
    return word


def bytes_of(chars, length):
    if any(char not in ALPHABET for char in chars):
        raise Refused(FORMAT, "a character of another alphabet")
    return base32_decode(chars, length)


class Heading:
    def __init__(self, ceremony_id, serial, number, total, tag):
        self.ceremony_id = word_of(ceremony_id, ID_MAX)
        self.serial = word_of(serial, SERIAL_MAX)
        if (not re.fullmatch(rb"[1-9][0-9]?", number) or not re.fullmatch(rb"[1-9][0-9]?", total)
                or not int(number) <= int(total) <= 16 or len(tag) != 8):
            raise Refused(FORMAT, "a code with an impossible number or tag")
        self.number, self.total, self.tag = int(number), int(total), tag

    def of_same(self, other):
        return ((self.ceremony_id, self.serial, self.total, self.tag)
                == (other.ceremony_id, other.serial, other.total, other.tag))


def join_codes(data):
    """The packed receipt out of its codes, and the ceremony they name."""
    first, parts = None, {}
    for piece in split_codes(data):
        if starts(piece, b"CLV1S"):
            continue
        *head, chars = open_code(piece, b"CLV1R")
        if not chars:
            raise Refused(FORMAT, "a code without content")
        heading = Heading(*head)
        first = first or heading
        if not heading.of_same(first) or parts.setdefault(heading.number, chars) != chars:
            raise Refused("E-FOREIGN", "codes of different receipts or prints")
    if not first:
        raise Refused(FORMAT, "there is no code of a receipt")
    missing = [number for number in range(1, first.total + 1) if number not in parts]
    if missing:
        raise Refused("E-MISSING", f"code {missing[0]} of {first.total} of receipt "
                                   f"{first.serial.decode()} is missing")
    chars = b"".join(parts[number] for number in range(1, first.total + 1))
    packed = bytes_of(chars, len(chars) * 5 // 8)
    if check_chars(packed, 8) != first.tag:
        raise Refused(FORMAT, "the codes do not fit their tag")
    return packed, first.ceremony_id


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
    world, ceremony_id, size, kind, root = open_code(text, b"CLV1S")
    ceremony_id, kind, root = word_of(ceremony_id, ID_MAX), word_of(kind, KIND_MAX), bytes_of(root, 32)
    if world not in (b"T", b"P") or not re.fullmatch(rb"[1-9][0-9]{0,17}", size) or b"-" in kind:
        raise Refused(FORMAT, "not the form of a slip")
    size = int(size)
    if journal is None:
        print("a slip, read without error; it proves nothing without the journal")
        return 0
    world = b"test/" if world == b"T" else b"production/"
    if expected not in (None, journal.vkey.text):
        raise Refused("E-FOREIGN", "the journal has another key than the one expected")
    if journal.vkey.origin != b"claviger.invalid/" + world + ceremony_id:
        raise Refused("E-FOREIGN", "a slip of another ceremony")
    if size > len(journal.leaves):
        raise Refused("E-DAMAGED", "the journal is shorter than the slip: it was rolled back")
    if journal.root(size) != root:
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
    pieces = list(split_codes(data))
    if (any(starts(piece, b"CLV1S") for piece in pieces)
            and not any(starts(piece, b"CLV1R") for piece in pieces)):
        return verify_slip(data.strip(b" \t\r\n").removeprefix(b"QR-Code:"), journal, expected)
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
