"""Journals written by somebody who knows the format and has a key: good ones, and wrong in one way."""
import base64

import nacl.signing

from common import VerifierKey, leaf_hash, tree_root

KEY = nacl.signing.SigningKey(bytes(range(32)))
ORIGIN = b"claviger.invalid/test/CLV-20261123-0000"
VKEY = VerifierKey.from_parts(ORIGIN, bytes(KEY.verify_key))
OTHER = VerifierKey.from_parts(ORIGIN, bytes(nacl.signing.SigningKey(bytes(32)).verify_key))
WITNESS = "— example.org/witness AAAAAAAA\n".encode()


def entries(count):
    first = b'{"event":"opened","vkey":"' + VKEY.text + b'"}'
    return [first] + [b'{"event":"turn","number":%d}' % number for number in range(1, count)]


def line(number, entry):
    return b"%d %s %s\n" % (number, leaf_hash(entry)[:8].hex().encode(), entry)


def log_of(all_entries):
    return b"".join(line(number, entry) for number, entry in enumerate(all_entries))


def note(all_entries, size, root=None, origin=ORIGIN, more=b"", signer=VKEY, behind=b""):
    """A signed checkpoint with the empty line behind it."""
    root = root or tree_root([leaf_hash(entry) for entry in all_entries[:size]])
    text = b"%s\n%d\n%s\n%s" % (origin, size, base64.b64encode(root), more)
    blob = base64.b64encode(signer.key_id + KEY.sign(text).signature)
    return text + "\n— ".encode() + signer.origin + b" " + blob + b"\n" + behind + b"\n"


def journal(all_entries, notes, vkey=VKEY.text + b"\n", log=None):
    """The three files."""
    return {"journal.log": log_of(all_entries) if log is None else log,
            "checkpoints.log": b"".join(notes), "journal.vkey": vkey}


def cases():
    """(what, files)"""
    yield from lengths()
    yield from checkpoints()
    yield from keys()
    yield from lines()


def lengths():
    for count in (1, 2, 3, 7, 8, 9, 21):
        here = entries(count)
        signed = [note(here, size) for size in range(1, count + 1)]
        yield f"{count} entries, each signed", journal(here, signed)
        yield f"{count} entries, the last two not signed", journal(here, signed[:-2])
        yield f"{count} entries, the last one not there", journal(here[:-1], signed)


def checkpoints():
    here = entries(6)
    yield "one twice", journal(here, [note(here, 6), note(here, 6)])
    yield "sizes go back", journal(here, [note(here, 4), note(here, 2), note(here, 6)])
    yield "the same size, another root", journal(here, [note(here, 6), note(here, 6, root=bytes(32))])
    yield "another root", journal(here, [note(here, 3, root=bytes(32)), note(here, 6)])
    yield "another root, then damage", journal(
        here, [note(here, 3, root=bytes(32)), note(here, 6)], log=log_of(here).replace(b"4}", b"5}"))
    yield "damage, then another root", journal(
        here, [note(here, 3), note(here, 6, root=bytes(32))], log=log_of(here).replace(b"2}", b"5}"))
    yield "a bad checkpoint, then damage before it", journal(
        here, [note(here, 6, origin=b"example.org/log")], log=log_of(here).replace(b"2}", b"5}"))
    yield "size 0", journal(here, [note(here, 0), note(here, 6)])
    yield "extension lines", journal(here, [note(here, 6, more=b"one\ntwo\n")])
    yield "a witness", journal(here, [note(here, 6, behind=WITNESS)])
    yield "31 witnesses", journal(here, [note(here, 6, behind=31 * WITNESS)])
    yield "32 witnesses", journal(here, [note(here, 6, behind=32 * WITNESS)])
    yield "an extension that is not UTF-8", journal(here, [note(here, 6, more=b"\xff\n")])
    yield "a root of 31 bytes", journal(here, [note(here, 6, root=bytes(31))])
    yield "another origin", journal(here, [note(here, 6, origin=b"example.org/log")])
    yield "the other world", journal(here, [note(here, 6, origin=ORIGIN.replace(b"test", b"production"))])
    yield "another key's id", journal(here, [note(here, 6, signer=OTHER)])
    yield "no empty line at the end", journal(here, [note(here, 6)[:-1]])
    yield "two empty lines", journal(here, [note(here, 3), b"\n", note(here, 6)])
    yield "two empty lines at the end", journal(here, [note(here, 6), b"\n"])
    yield "an empty line in front", journal(here, [b"\n", note(here, 6)])
    yield "zeros at the end", journal(here, [note(here, 6), bytes(20)])
    yield "no entries", journal([], [note(here, 6)])
    yield "neither", journal([], [])


def keys():
    here = entries(3)
    signed = [note(here, 3)]
    other = [here[0].replace(VKEY.text, OTHER.text)] + here[1:]
    none = [b'{"event":"opened"}'] + here[1:]
    production = [here[0].replace(b"/test/", b"/production/")] + here[1:]
    both = [here[0] + b" " + OTHER.text] + here[1:]
    yield "journal.vkey is another key", journal(here, signed, vkey=OTHER.text + b"\n")
    yield "journal.vkey is empty", journal(here, signed, vkey=b"")
    yield "journal.vkey without line feed", journal(here, signed, vkey=VKEY.text)
    yield "journal.vkey with two", journal(here, signed, vkey=VKEY.text + b"\n" + VKEY.text + b"\n")
    yield "entry 0 names another key", journal(other, [note(other, 3)])
    yield "all name another key", journal(other, [note(other, 3)], vkey=OTHER.text + b"\n")
    yield "entry 0 names no key", journal(none, [note(none, 3)])
    yield "entry 0 names a key with another id", journal(production, [note(production, 3)])
    yield "entry 0 names a second key, too", journal(both, [note(both, 3)])


def lines():
    for what, entry in (("of 4096 bytes", b"x" * 4096), ("of 4097 bytes", b"x" * 4097), ("of nothing", b""),
                        ("that is not UTF-8", b"\xc3("), ("with a tab", b"a\tb"), ("with 0x7f", b"a\x7fb"),
                        ("with a zero byte", b"a\0b"), ("with U+0080", "a\u0080b".encode()),
                        ("with a surrogate", b"\xed\xa0\x80"), ("with blanks", b"  a  ")):
        here = entries(2) + [entry]
        yield f"an entry {what}", journal(here, [note(here, 3)])
    here = entries(3)
    good = log_of(here)
    for what, log in (("a leading zero", good.replace(b"\n1 ", b"\n01 ")),
                      ("two blanks", good.replace(b"\n1 ", b"\n1  ")),
                      ("capital letters", good[:2] + good[2:18].upper() + good[18:]),
                      ("an empty line", good.replace(b"\n", b"\n\n", 1)),
                      ("an empty line at the end", good + b"\n"),
                      ("line ends changed", good.replace(b"\n", b"\r\n")),
                      ("zeros at the end", good + bytes(30)),
                      ("zeros instead of the end", good[:-9] + bytes(9)),
                      ("half an entry more", good + line(3, b"more")[:10]),
                      ("a whole line without its line feed", good + line(3, b"more")[:-1])):
        yield f"journal.log: {what}", journal(here, [note(here, 3)], log=log)
