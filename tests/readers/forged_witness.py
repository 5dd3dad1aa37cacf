"""Requests, codes, cosignatures and memories of witnesses that somebody who knows the formats makes on
purpose. The journal is the one of forged_journals.py."""
import base64

import nacl.signing

from common import leaf_hash, sha256, tree_root
from forged_journals import KEY, OTHER, VKEY, entries, note
from witness import (Cosignature, Request, WitnessKey, base32_encode, close_code, message,
                     pack_request, split_power, with_checksum, write_memory, write_rows)

ENTRIES = entries(21)
LEAVES = [leaf_hash(entry) for entry in ENTRIES]


def consistency(old, leaves, known=True):
    """PROOF and SUBPROOF of RFC 6962 section 2.1.2."""
    if old == len(leaves):
        return [] if known else [tree_root(leaves)]
    left = split_power(len(leaves))
    if old <= left:
        return consistency(old, leaves[:left], known) + [tree_root(leaves[left:])]
    return consistency(old - left, leaves[left:], False) + [tree_root(leaves[:left])]


def root_at(size):
    return tree_root(LEAVES[:size])


def request(old, size, proof=None, **wrong):
    """wrong: what note() takes."""
    if proof is None:
        proof = consistency(old, LEAVES[:size]) if old else []
    lines = [b"old %d" % old] + [base64.b64encode(value) for value in proof]
    return b"\n".join(lines) + b"\n\n" + note(ENTRIES, size, **wrong)[:-1]


def memory_of(witness, size, root=None, vkey=VKEY):
    return write_memory(witness, [(vkey.text, size, root or root_at(size), 1795425164)])


# ---- requests ----


def grown():
    """(what, request, size that is remembered): as they should be, and wrong in one way."""
    for old, size in ((0, 21), (1, 2), (3, 7), (4, 8), (6, 21), (16, 21), (21, 21)):
        good = consistency(old, LEAVES[:size]) if old else []
        yield f"{old} to {size}", request(old, size), old
        yield f"{old} to {size}, a hash more", request(old, size, good + [bytes(32)]), old
        yield f"{old} to {size}, another first hash", request(old, size, [bytes(32)] + good[1:]), old
        yield f"{old} to {size}, no hash", request(old, size, []), old
        yield f"{old} to {size}, without the last hash", request(old, size, good[:-1]), old
        yield f"{old} to {size}, backwards", request(old, size, good[::-1]), old
        yield f"{old} to {size}, another root", request(old, size, root=bytes(32)), old
        yield f"{old} to {size}, from elsewhere", request(old + 1, size, good), old
        yield f"{old} to {size}, the witness saw more", request(old, size), size + 1
        yield f"{old} to {size}, the witness saw nothing", request(old, size), 0


def notes():
    """(what, request): nothing is remembered."""
    yield "size 0", request(0, 0)
    yield "old above the size", request(5, 4, [])
    yield "extension lines", request(0, 9, more=b"one\ntwo\n")
    yield "an empty extension line", request(0, 9, more=b"one\n\ntwo\n")
    yield "another origin", request(0, 9, origin=b"example.org/log")
    yield "production", request(0, 9, origin=VKEY.origin.replace(b"test", b"production"))
    yield "another ceremony", request(0, 9, origin=VKEY.origin + b"1")
    yield "another key's id", request(0, 9, signer=OTHER)
    yield "63 hashes", request(0, 9, [bytes(32)] * 63)
    yield "64 hashes", request(0, 9, [bytes(32)] * 64)
    yield "a hash of 31 bytes", request(0, 9, [bytes(31)])
    for behind in ("— example.org/w AAAAAAAA\n", "— example.org/w AAAAAA==\n", "— exam+ple AAAAAAAA\n",
                   "— exam\u00a0ple AAAAAAAA\n", "— exam\u2003ple AAAAAAAA\n", "— exam\u0080ple AAAAAAAA\n",
                   "— exam\u200bple AAAAAAAA\n", "— example.org/w AAAAAAAB=\n", "x\n"):
        yield f"behind the signature: {behind!r}", request(0, 9, behind=behind.encode())
    yield "32 signatures", request(0, 9, behind=31 * "— w AAAAAAAA\n".encode())
    yield "33 signatures", request(0, 9, behind=32 * "— w AAAAAAAA\n".encode())
    good = request(0, 9)
    yield "16 KiB", request(0, 9, more=b"x" * (16 * 1024 - len(good) - 1) + b"\n")
    yield "a byte more", request(0, 9, more=b"x" * (16 * 1024 - len(good)) + b"\n")
    for old in (b"old 00", b"old +0", b"old", b"old ", b" old 0", b"Old 0", b"old 0 ", b"old  0", b"old 0\r",
                b"old 999999999999999999", b"old 1000000000000000000", b"old 18446744073709551616", b"", b"old 0\n"):
        yield f"first line {old!r}", good.replace(b"old 0", old, 1)
    yield "CRLF", good.replace(b"\n", b"\r\n")
    yield "an empty line in front", b"\n" + good
    yield "an empty line behind", good + b"\n"
    yield "no last line feed", good[:-1]
    yield "nothing", b""
    yield "twice", good + good
    yield "a proof line with CR", request(3, 9).replace(b"=\n", b"=\r\n", 1)
    yield "zeros behind", good + bytes(4)


# ---- codes ----


def packed_of(text):
    return pack_request(Request(text), VKEY)


def repacked(packed):
    """(what, packed request)"""
    id_end = 3 + packed[2]

    def put(at, data):
        return packed[:at] + data + packed[at + len(data):]

    yield "as it was", packed
    yield "version 2", put(0, b"\2")
    yield "version 0", put(0, b"\0")
    yield "an unknown flag", put(1, b"\3")
    yield "the other world", put(1, b"\0")
    yield "no ceremony id", packed[:2] + b"\0" + packed[id_end:]
    yield "a ceremony id too long", packed[:2] + b"\x21" + b"A" * 33 + packed[id_end:]
    yield "small letters in the ceremony id", put(3, packed[3:id_end].lower())
    yield "a zero in the ceremony id", put(5, b"\0")
    yield "another ceremony", put(id_end - 1, b"7")
    yield "size 0", put(id_end, bytes(4))
    yield "another size", put(id_end + 3, b"\x08")
    yield "another root", put(id_end + 4, b"\0\0")
    yield "another key", put(id_end + 36, OTHER.key)
    yield "another signature", put(id_end + 68, bytes(64))
    yield "another old size", put(id_end + 132, b"\xff\xff\xff\xff")
    yield "a hash more announced", put(id_end + 136, bytes([packed[id_end + 136] + 1]))
    yield "a byte more", packed + b"\0"
    yield "a byte less", packed[:-1]
    yield "the head only", packed[:2]
    yield "one byte", packed[:1]
    yield "nothing", b""


def prints(one, other):
    """(what, text) of two requests' codes: what a reader of codes could have printed."""
    lines, foreign = one.splitlines(), other.splitlines()
    first, last = lines[0], lines[-1]

    def swap(line, at, value):
        fields = line.split(b".")[:-1]
        fields[at] = value
        return close_code(*fields)

    def replaced(line):
        return b"\n".join([line] + lines[1:]) + b"\n"

    yield "as printed", one
    yield "in another order", b"\n".join(lines[::-1])
    yield "CRLF, blanks, empty lines", b"\r\n\r\n" + one.replace(b"\n", b" \r\n \t\r\n")
    yield "CR", one.replace(b"\n", b"\r")
    yield "with QR-Code:", b"".join(b"QR-Code:" + line + b"\n" for line in lines)
    yield "with QR-Code: and a blank", b"".join(b"QR-Code: " + line + b"\n" for line in lines)
    yield "with qr-code:", b"".join(b"qr-code:" + line + b"\n" for line in lines)
    yield "small letters", one.lower()
    yield "I and O", one.replace(b"1", b"i").replace(b"0", b"O")
    yield "doubled", one + one
    yield "the first one missing", b"\n".join(lines[1:])
    yield "the last one missing", b"\n".join(lines[:-1])
    yield "a line of something else behind", one + b"hello\n"
    yield "a line of something else in front", b"hello\n" + one
    yield "two requests", one + other
    yield "one code of another request", b"\n".join([*lines, foreign[0]])
    yield "a zero byte behind", one + b"\0"
    yield "no dot", one.replace(b".", b"")
    yield "a field more", replaced(close_code(*first.split(b".")[:-1], b"A"))
    yield "no characters", replaced(swap(first, 4, b""))
    yield "131 characters", replaced(swap(first, 4, first.split(b".")[4].ljust(131, b"0")))
    yield "a character more at the end", b"\n".join(lines[:-1] + [swap(last, 4, last.split(b".")[4] + b"0")])
    yield "a tag of five", replaced(swap(first, 3, b"AAAAA"))
    yield "another tag", replaced(swap(first, 3, b"AAAA"))
    yield "another tag in all", b"\n".join(swap(line, 3, b"AAAA") for line in lines)
    yield "numbers exchanged", b"\n".join([swap(first, 1, b"2"), swap(lines[1], 1, b"1")] + lines[2:])
    for number in (b"0", b"01", b"9", b"25", b"", b"A", b"1111"):
        yield f"number {number.decode()}", replaced(swap(first, 1, number))
        yield f"of {number.decode()}", replaced(swap(first, 2, number))


# ---- cosignatures ----


class Signer:
    """A witness whose key is at hand."""

    def __init__(self, seed, name=b"claviger.invalid/witness/test/forger"):
        self.key = nacl.signing.SigningKey(seed)
        self.witness = WitnessKey.from_parts(name, bytes(self.key.verify_key))

    def cosign(self, checkpoint_text, time=1795425164, size=21):
        signature = self.key.sign(message(checkpoint_text, time)).signature
        return Cosignature(self.witness.key_id, time, signature, size)


def code_of(packed):
    return close_code(b"CLV1W", base32_encode(packed))


def cosignatures(signer, checkpoint_text):
    """(what, text): good ones, and wrong in one way."""
    good = signer.cosign(checkpoint_text)
    line, code = good.line(signer.witness), code_of(good.packed())
    rows = list(write_rows(good.packed()))
    every = b"\n".join(rows) + b"\n"
    yield "the line", line
    yield "the line without its end", line[:-1]
    yield "the line, CRLF, blanks", b"  " + line[:-1] + b" \r\n"
    yield "the line under another name", line.replace(b"forger", b"anybody")
    yield "the line under a name with +", line.replace(b"forger", b"for+ger")
    yield "the line under a name with a blank of another kind", line.replace(b"forger", "for\u3000ger".encode())
    yield "two blanks", line.replace(b"forger ", b"forger  ")
    yield "the code", code
    yield "the code for zbarimg", b"QR-Code:" + code + b"\n"
    yield "the code in small letters", code.lower()
    yield "the code without its check", code[:-5]
    yield "the code with another check", code[:-4] + b"0000"
    yield "a field more", close_code(*code.split(b".")[:-1], b"A")
    yield "the rows", every
    yield "rows in another order, one twice", b"\n".join(rows[::-1] + rows[:1])
    yield "rows in small letters, hyphens, tabs", every.lower().replace(b"  ", b"\t").replace(b" ", b"-")
    yield "rows with I and O", every.replace(b"1", b"I").replace(b"0", b"o")
    yield "seven rows", b"\n".join(rows[:3] + rows[4:])
    yield "seven rows, and one mistyped", b"\n".join(rows[:7] + [rows[7][:-1] + b"?"])
    yield "nine rows", every + b"9" + rows[0][1:]
    yield "rows with a word between", every.replace(b"\n", b"\nhello\n", 1)
    yield "all that is printed", line + b"\n" + code + b"\n" + every
    yield "words, then the code", b"Cosigned.\n\n" + code
    yield "words, then the line", b"Cosigned.\n\n" + line
    yield "words, then the rows", b"Cosigned.\n\n" + every
    yield "a misread code, then the line", code[:-1] + b"?\n" + line
    yield "a damaged line, then the code", line.replace(b"= \n", b"\n").replace(b"g", b"-") + code
    yield "a request", request(0, 21)
    yield "nothing", b""
    yield "blanks", b" \r\n \n"
    yield "zeros", bytes(80)
    for what, other in (("another size", signer.cosign(checkpoint_text, size=7)),
                        ("time 0", signer.cosign(checkpoint_text, time=0)),
                        ("the last time", signer.cosign(checkpoint_text, time=(1 << 63) - 1)),
                        ("a time too large", signer.cosign(checkpoint_text, time=1 << 63)),
                        ("another checkpoint", signer.cosign(checkpoint_text + b"x\n")),
                        ("another key", Signer(bytes(32)).cosign(checkpoint_text))):
        yield f"code, {what}", code_of(other.packed())
        yield f"rows, {what}", b"\n".join(write_rows(other.packed()))
        yield f"line, {what}", other.line(signer.witness)
    late = Cosignature(good.key_id, good.time + 1, good.signature, good.size)
    yield "another time than was signed", code_of(late.packed())
    yield "a byte less", code_of(good.packed()[:-1])
    yield "a byte more", code_of(good.packed() + b"\0")
    yield "a line of a byte less", line[:line.rindex(b" ") + 1] + base64.b64encode(
        good.key_id + good.time.to_bytes(8, "big") + good.signature[:-1]) + b"\n"


# ---- memories ----


def memories(witness):
    """(what, file); the request goes from 3 to 21."""
    here = (VKEY.text, 3, root_at(3), 1795425164)
    elsewhere = Signer(bytes(32)).witness
    good = write_memory(witness, [here])

    def again(change):
        return with_checksum(change(good[:good.rindex(b"checksum")]))

    def swapped(old, new):
        return again(lambda text: text.replace(old, new, 1))

    yield "as it is", good
    yield "nothing remembered", write_memory(witness, [])
    yield "another journal, too", write_memory(witness, [foreign_journal(), here])
    yield "only another journal", write_memory(witness, [foreign_journal()])
    yield "another key of this journal", write_memory(witness, [(OTHER.text, 3, root_at(3), 1)])
    yield "twice", write_memory(witness, [here, here])
    yield "twice, another key", write_memory(witness, [here, (OTHER.text, 4, root_at(4), 1)])
    yield "another root", write_memory(witness, [(VKEY.text, 3, bytes(32), 1)])
    yield "another size", write_memory(witness, [(VKEY.text, 4, root_at(4), 1)])
    yield "larger than the request", write_memory(witness, [(VKEY.text, 22, bytes(32), 1)])
    yield "as large as the request", write_memory(witness, [(VKEY.text, 21, root_at(21), 1)])
    yield "size 0", write_memory(witness, [(VKEY.text, 0, root_at(3), 1)])
    yield "a root of 31 bytes", write_memory(witness, [(VKEY.text, 3, bytes(31), 1)])
    yield "another witness", write_memory(elsewhere, [here])
    yield "another witness, a malformed line", write_memory(elsewhere, [here, here])
    yield "a journal's key as the witness", swapped(witness.text, VKEY.text)
    yield "another id of the witness", swapped(witness.text, witness.text.replace(b"+", b"+0", 1))
    yield "a short key of the witness", swapped(witness.text, witness.text[:-4])
    yield "no witness", swapped(b"witness: ", b"Witness: ")
    yield "version 2", swapped(b"version: 1", b"version: 2")
    yield "another first line", swapped(b"claviger", b"Claviger")
    yield "only the first line", with_checksum(b"claviger witness memory\n")
    yield "only two lines", with_checksum(b"claviger witness memory\nversion: 1\n")
    yield "only the checksum", with_checksum(b"")
    yield "an empty line", again(lambda text: text + b"\n")
    yield "a line without its end", again(lambda text: text[:-1])
    yield "two blanks", swapped(b" 3 ", b"  3 ")
    yield "a leading zero", swapped(b" 3 ", b" 03 ")
    yield "19 digits", swapped(b" 1795425164", b" 1000000000000000000")
    yield "18 digits", swapped(b" 1795425164", b" 999999999999999999")
    yield "a field more", swapped(b" 1795425164", b" 1795425164 1")
    yield "a field less", swapped(b" 1795425164", b"")
    yield "somebody else's log", swapped(VKEY.text, somebody_elses_log())
    yield "CRLF", again(lambda text: text.replace(b"\n", b"\r\n"))
    yield "the checksum in capitals", good[:-65] + good[-65:].upper()
    yield "no last line feed", good[:-1]
    yield "something behind", good + b"\n"
    yield "nothing", b""


def foreign_journal():
    text = b"claviger.invalid/test/CLV-20261123-9999"
    vkey = type(VKEY).from_parts(text, OTHER.key)
    return vkey.text, 7, bytes(32), 1


def somebody_elses_log():
    """A good key as text, of a log that is no ceremony's."""
    key = b"\1" + bytes(KEY.verify_key)
    key_id = sha256(b"example.org/log\n" + key)[:4].hex().encode()
    return b"example.org/log+" + key_id + b"+" + base64.b64encode(key)

