"""Receipts, codes and slips that somebody who knows the formats makes on purpose, out of good ones."""
import nacl.signing

from common import VerifierKey
from witness import base32_encode, check_chars

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

AZERTY = str.maketrans("0123456789AQZWM.", "à&é\"'(-è_çQAWZ?:")


def azerty(code):
    """What arrives when the scanner types for a US keyboard and the computer has a French one."""
    return code.decode().translate(AZERTY).encode()


def checked(code):
    """The code with its check value made again."""
    return code[:-8] + check_chars(code[:-9], 8)


def codes_of(packed, head, total=2):
    """Codes of any packed bytes. head: of a good code, up to its serial."""
    chars = base32_encode(packed)
    length = -(-len(chars) // total)
    parts = [chars[at:at + length] for at in range(0, len(chars), length)]
    for number, part in enumerate(parts, 1):
        text = b"%s.%d.%d.%s.%s" % (head, number, len(parts), check_chars(packed, 8), part)
        yield text + b"." + check_chars(text, 8)


def prints(one, other):
    """What a reader of codes could have printed. one and other: the two codes of two receipts."""
    first, second = one

    def swap(code, old, new):
        return checked(code.replace(old, new, 1))

    tag = b"." + first.split(b".")[5] + b"."
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
    yield "a label behind a code", [first, b"QR-Code:", second]
    yield "a label twice", [b"QR-Code:QR-Code:", first, b"\n", second]
    yield "a label alone", [b"QR-Code:\n", first, b"\n", second]
    yield "blanks behind a label", [b"QR-Code: ", first, b"\n", second]
    yield "small letters", [first.lower(), b"\n", second]
    yield "tabs around", [b"\t", first, b"\t\n", second]
    yield "a character behind a code", [first, b"0\n", second]
    yield "a slip without an end between them", [first, b"CLV1S.T.\n", second]
    yield "a slip without an end, CR", [b"CLV1S.T.\r", first, b"\r", second]
    yield "a slip without an end before a code", [b"CLV1S.T.", first, b"\n", second]
    yield "typed for a French keyboard", [azerty(first), b"\n", azerty(second)]
    yield "the letter I for 1", [checked(first.replace(b"1", b"I")), b"\n", second]
    yield "the letter I for 1 in the characters", [swap(first, tag + b"04", tag + b"O4"), b"\n", second]
    yield "a word in another spelling", [swap(first, b"X", b"W4"), b"\n", second]
    yield "a word that ends in W", [swap(first, b".1.2.", b"W.1.2."), b"\n", second]
    yield "letters that words need", [swap(code, b"CLVX2", b"CLVXW0W1W2W3XX2") for code in one]
    yield "the longest ceremony id", [swap(code, b"CLVX", 11 * b"W0" + b"CLVX") for code in one]
    yield "a longer one", [swap(code, b"CLVX", 12 * b"W0" + b"CLVX") for code in one]
    yield "no characters", [checked(first[:first.index(tag) + len(tag)] + first[-9:]), b"\n", second]
    yield "codes of two receipts", [first, b"\n", other[1]]
    yield "two whole receipts", [first, second, *other]
    yield "another ceremony in one heading", [swap(first, b".CLVX2", b".CLVX3"), second]
    yield "another ceremony in both", [swap(code, b".CLVX2", b".CLVX3") for code in one]
    yield "another tag in one", [swap(first, tag, b".00000000."), second]
    yield "another tag in both", [swap(first, tag, b".00000000."), swap(second, tag, b".00000000.")]
    yield "numbers exchanged", [swap(first, b".1.2.", b".2.2."), swap(second, b".2.2.", b".1.2.")]
    yield "two with one number", [first, swap(second, b".2.2.", b".1.2."), second]
    for number in (b"0.2", b"3.2", b"01.2", b"1.1", b"1.3", b"1.16", b"1.17"):
        yield f"number {number.decode()}", [swap(first, b".1.2.", b"." + number + b"."), b"\n", second]


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
    fields = good.split(b".")

    def put(number, field):
        return checked(b".".join([*fields[:number], field, *fields[number + 1:]]))

    root = fields[5]
    yield "as it was", good
    yield "with QR-Code:", b"QR-Code:" + good + b"\n"
    yield "blanks and line ends around", b" \t" + good + b" \r\n\n"
    yield "another kind", put(4, b"A")
    yield "a kind of the letters that need two", put(4, 4 * b"W1W3")
    yield "a kind with a hyphen", put(4, b"AXB")
    yield "a kind too long", put(4, b"ABCDEFGHI")
    yield "no kind", put(4, b"")
    yield "the other world", put(1, b"P")
    yield "no world", put(1, b"")
    yield "another ceremony", put(2, fields[2].replace(b"X2", b"X3", 1))
    yield "an id in another spelling", put(2, b"W5")
    yield "size 0", put(3, b"0")
    yield "a leading zero", put(3, b"0" + fields[3])
    yield "size 1", put(3, b"1")
    yield "too large for the journal", put(3, b"99999")
    yield "too large for a number", put(3, 19 * b"9")
    yield "another root", put(5, (b"1" if root[:1] == b"0" else b"0") + root[1:])
    yield "a root with bits behind it", put(5, root[:-1] + b"1")
    yield "a root too short", put(5, root[:-1])
    yield "a field more", put(5, root + b".0")
    yield "a field less", checked(b".".join([*fields[:4], *fields[5:]]))
    yield "small letters", good.lower()
    yield "typed for a French keyboard", azerty(good)
    yield "two of them", good + b"\n" + good
