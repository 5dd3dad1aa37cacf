"""Receipts, codes and slips that somebody who knows the formats makes on purpose, out of good ones."""
import nacl.signing

from common import VerifierKey
from verify_receipt import BASE45, check_of

WITNESS = "— example.org/witness AAAAAAAA\n".encode()


# ---- files ----


def other_key(vkey):
    """A well-formed key of the same log, which did not sign anything."""
    return VerifierKey.from_parts(vkey.origin, bytes(nacl.signing.SigningKey(bytes(32)).verify_key))


def files(good):
    """(what, bytes)"""
    lines = good.splitlines(keepends=True)
    yield "line ends changed", good.replace(b"\n", b"\r\n")
    yield "an empty line in front", b"\n" + good
    yield "an empty line behind", good + b"\n"
    yield "no last line feed", good[:-1]
    yield "another version", good.replace(b"@v1", b"@v2")
    yield "twice", good + good
    yield "an extension line", b"".join([*lines[:-2], b"extension\n", *lines[-2:]])
    yield "the signature twice", good + lines[-1]
    yield "a witness", good + WITNESS
    yield "31 witnesses", good + 31 * WITNESS
    yield "32 witnesses", good + 32 * WITNESS
    yield "only the witness", good.replace(lines[-1], WITNESS)
    yield "a witness with a key id only", good + WITNESS.replace(b"AAAAAAAA", b"AAAAAA==")
    yield "a witness with + in the name", good + WITNESS.replace(b"example", b"exam+ple")


# ---- codes ----


def checked(code):
    """The code with its check value made again."""
    return code[:-8] + check_of(code[:-9])


def base45(data):
    out = bytearray()
    for at in range(0, len(data), 2):
        group = data[at:at + 2]
        value = int.from_bytes(group, "big")
        for _ in range(len(group) + 1):
            out.append(BASE45[value % 45])
            value //= 45
    return bytes(out)


def codes_of(packed, head, total=2):
    """Codes of any packed bytes. head: of a good code, up to its serial."""
    length = -(-len(packed) // total)
    length += length % 2
    parts = [packed[at:at + length] for at in range(0, len(packed), length)]
    for number, part in enumerate(parts, 1):
        text = b"%s:%d/%d:%s:%s" % (head, number, len(parts), check_of(packed), base45(part))
        yield text + b":" + check_of(text)


def prints(one, other):
    """What a reader of codes could have printed. one and other: the two codes of two receipts."""
    first, second = one

    def swap(code, old, new):
        return checked(code.replace(old, new, 1))

    tag = b":" + first.split(b":")[4] + b":"
    yield "as printed", [first, b"\n", second, b"\n"]
    yield "in another order, CRLF", [second, b"\r\n", first, b"\r\n"]
    yield "CR", [first, b"\r", second, b"\r"]
    yield "nothing between them", [second, first]
    yield "with QR-Code:", [b"QR-Code:", first, b"\nQR-Code:", second]
    yield "repeated, empty lines", [b"\n", first, b"\n\n", first, b"\n", second, b"\n\n"]
    yield "blanks around", [b" ", first, b" \n ", second, b"\n"]
    yield "nothing", []
    yield "only a line feed", [b"\n"]
    yield "the first one missing", [second]
    yield "a line of something else", [b"hello\n", first, b"\n", second]
    yield "a zero byte behind", [first, b"\n", second, b"\0"]
    yield "small letters", [first.lower(), b"\n", second]
    yield "codes of two receipts", [first, b"\n", other[1]]
    yield "two whole receipts", [first, second, *other]
    yield "another ceremony in one heading", [swap(first, b":CLV-2", b":CLV-3"), second]
    yield "another ceremony in both", [swap(code, b":CLV-2", b":CLV-3") for code in one]
    yield "another tag in one", [swap(first, tag, b":00000000:"), second]
    yield "another tag in both", [swap(first, tag, b":00000000:"), swap(second, tag, b":00000000:")]
    yield "numbers exchanged", [swap(first, b":1/2:", b":2/2:"), swap(second, b":2/2:", b":1/2:")]
    yield "two with one number", [first, swap(second, b":2/2:", b":1/2:"), second]
    for number in (b"0/2", b"3/2", b"01/2", b"1/1", b"1/3", b"1/16", b"1/17"):
        yield f"number {number.decode()}", [swap(first, b":1/2:", b":" + number + b":"), b"\n", second]


def repacked(packed):
    """(what, packed receipt)"""
    id_end = 3 + packed[2]
    key_at, entry_at = id_end + 8, id_end + 8 + 96

    def put(at, data):
        return packed[:at] + data + packed[at + len(data):]

    def flip(at):
        return put(at, bytes([packed[at] ^ 1]))

    yield "as it was", packed
    yield "version 2", put(0, b"\2")
    yield "an unknown flag", put(1, b"\3")
    yield "the other world", put(1, b"\0")
    yield "no ceremony id", packed[:2] + b"\0" + packed[id_end:]
    yield "a ceremony id in small letters", put(3, packed[3:id_end].lower())
    yield "another entry number", flip(id_end + 3)
    yield "an entry number too large", put(id_end, b"\1")
    yield "an empty log", put(id_end, bytes(8))
    yield "another key", flip(key_at)
    yield "another signature", flip(key_at + 32)
    yield "another entry length", flip(entry_at + 1)
    yield "no entry", put(entry_at, bytes(2))
    yield "another entry", flip(entry_at + 10)
    yield "a line feed in the entry", put(entry_at + 10, b"\n")
    yield "another proof", flip(len(packed) - 3)
    yield "too short", packed[:-1]
    yield "too long", packed + b"x"
    yield "a cosignature", packed[:-1] + b"\1\3abc\0\x08idid-sig"
    yield "a cosignature of three bytes", packed[:-1] + b"\1\3abc\0\3idi"
    yield "a cosignature with a blank name", packed[:-1] + b"\1\3a c\0\x08idid-sig"
    yield "a cosignature missing", packed[:-1] + b"\2\3abc\0\x08idid-sig"


# ---- slips ----


def slips(good):
    """(what, bytes); the journal is longer than the slip's size, and shorter than 99999."""
    size = b":" + good.split(b":")[3] + b":"
    kind = b":" + good.split(b":")[4] + b":"
    yield "as it was", good
    yield "with QR-Code:", b"QR-Code:" + good + b"\n"
    yield "blanks and line ends around", b" " + good + b" \r\n\n"
    yield "another kind", checked(good.replace(kind, b":X:"))
    yield "a kind too long", checked(good.replace(kind, b":ABCDEFGHI:"))
    yield "the other world", checked(good.replace(b":T:", b":P:"))
    yield "another ceremony", checked(good.replace(b":CLV-2", b":CLV-3"))
    yield "size 0", checked(good.replace(size, b":0:"))
    yield "a leading zero", checked(good.replace(size, b":0" + size[1:]))
    yield "size 1", checked(good.replace(size, b":1:"))
    yield "too large for the journal", checked(good.replace(size, b":99999:"))
    yield "another root", checked(good[:-20] + (b"1" if good[-20:-19] == b"0" else b"0") + good[-19:])
    yield "small letters", good.lower()
    yield "two of them", good + b"\n" + good
