"""Key files that somebody who knows the format makes on purpose, out of a good one."""
import base64

import nacl.bindings

import read_keyfile
from common import sha256


HIDDEN = [0xAD, 0x61C, 0x180E, 0x200B, 0x200D, 0x200E, 0x202A, 0x202E, 0x2028, 0x2060, 0x2066, 0x2069,
          0xFE00, 0xFE0F, 0xFEFF, 0xE0001, 0xE0020, 0xE007F, 0xE0100, 0xE01EF]
SPACES = [0xA0, 0x1680, 0x2003, 0x202F, 0x3000, 0x2800, 0x3164]
TEXTS = (["", " a", "a ", "a  b", "a\tb", "\x7f", "a\x80", "a\x9f", "Zoë", "日本", "👩", "a\u0301",
          "\u0301", "\ufffd"]
         + [f"a{chr(code)}b" for code in HIDDEN + SPACES] + [chr(code) for code in SPACES])
TIMES = ["2026-11-23T09:12:44Z", "2026-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
         "2026-00-10T00:00:00Z", "2026-11-31T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T23:60:00Z",
         "2026-11-23T23:59:60Z", "2026-11-23T23:59:61Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z",
         "0001-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-23 09:12:44Z",
         "2026-11-23T09:12:44z", "2026-11-23T09:12:44", "26-11-23T09:12:44Z", "+026-11-23T09:12:44Z"]


def with_checksum(data):
    """data with its last line, if it is a checksum line, made again."""
    start = data.rfind(b"\nchecksum: ") + 1
    if not start:
        return data
    return data[:start] + b"checksum: sha256 " + sha256(data[:start]).hex().encode() + b"\n"


def field_changed(data, name, value):
    start = data.index(b"\n" + name.encode() + b": ") + len(name) + 3
    return with_checksum(data[:start] + value.encode() + data[data.index(b"\n", start):])


def headers(data):
    """(what, bytes): each with one field that is at, or just behind, a limit of the page."""
    values = {
        "version": ["2", "01", "", "1 "],
        "kind": ["key-Part", "key", "signature-key", "rsa-signature-key", "rsa-key-part", "witness-key",
                 "key-part"],
        "world": ["PRODUCTION", "test", "TESTING"],
        "description": TEXTS + ["x" * 100, "x" * 101, "é" * 100, "é" * 101],
        "owner": TEXTS + ["x" * 64, "x" * 65],
        "created": TIMES,
        "ceremony": ["none", "a" * 64, "a" * 65, "a b", "", "ä", "a/b", "._-"],
        "slot": ["none", "0", "01", "1", "20", "21", "-1", ""],
        "origin": ["random", "typed", "Typed", ""],
        "kdf": ["argon2id v=19 m=1048576 t=4 p=4 high", "argon2id v=19 m=1048576 t=4 p=4 standard",
                "argon2id v=19 m=8 t=1 p=1 low", "argon2i v=19 m=262144 t=3 p=4 standard"],
        "salt": ["00" * 16, "00" * 15, "00" * 17, "0" * 31 + "A", "0" * 31 + "g"],
        "cipher": ["aes-256-gcm", "xchacha20-poly1305", ""],
        "nonce": ["00" * 24, "00" * 23],
        "pattern": ["EP11-VP " + "0" * 64, "EP11-VP " + "0" * 63, "KCV-CMAC0 000000",
                    "KCV-CMAC0 0000000000", "KCV-ECB0 000000", "CCA-MKVP 0000000000000000"],
        "commitment": ["0" * 64, "0" * 63],
        "ski": ["0" * 64, "0" * 65],
        "witness": ["A", "A" * 100, "A" * 101, "", "a b", "a+b", "é", "\x7f"],
        "public-key": ["0" * 64, "0" * 63, "A" * 64],
        "administrator": ["A", "A" * 30, "A" * 31, "", "é", " A", "A ", "  ", "A\x7f"],
    }
    for name, tries in values.items():
        if b"\n" + name.encode() + b": " not in data:
            continue
        for value in tries:
            yield f"{name} is {value!r}", field_changed(data, name, value)
    yield "a field too many", with_checksum(data.replace(b"\nsalt: ", b"\nnote: x\nsalt: "))
    yield "unsupported costs, and no world", field_changed(
        data.replace(b"world: TEST\n", b""), "kdf", "argon2id v=19 m=8 t=1 p=1 low")
    yield "another magic line", with_checksum(data.replace(b"key file\n", b"key file 2\n", 1))
    yield "another magic", with_checksum(data.replace(b"claviger key file\n", b"clavigero\n"))
    yield "line ends changed", data.replace(b"\n", b"\r\n")
    yield "line ends changed, checksum made again", with_checksum(data.replace(b"\n", b"\r\n"))
    yield "nothing", b""
    yield "too large", data[:-1] + b"\n" * 65536


# ---- sealed anew, with the right password ----


def sealed(derived, fields, clear):
    """The bytes of a file with these fields and this content."""
    header = read_keyfile.MAGIC + b"\n"
    header += b"".join(f"{name}: {value}\n".encode() for name, value in fields.items()) + b"\n"
    payload = base64.b64encode(nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        clear, header, bytes.fromhex(fields["nonce"]), derived))
    lines = b"".join(payload[at:at + 64] + b"\n" for at in range(0, len(payload), 64))
    return with_checksum(header + lines + b"checksum: ")


def clear_of(keyfile, derived):
    return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
        keyfile.payload, keyfile.associated, bytes.fromhex(keyfile.fields["nonce"]), derived)


def cases(keyfile, derived):
    """(what, bytes), to be opened with the right password."""
    clear = clear_of(keyfile, derived)
    fields = keyfile.fields

    def with_fields(**changes):
        return sealed(derived, fields | changes, clear)

    found = [("as it was", with_fields()), ("another description", with_fields(description="Other"))]
    unsealed = field_changed(with_fields(), "description", "Other")
    found.append(("a header forged with its checksum", unsealed))
    if keyfile.kind == "key-part":
        found += [("another owner", with_fields(owner="Somebody Else")),
                  ("another check value", with_fields(pattern="KCV-CMAC0 000000")),
                  ("another commitment", with_fields(commitment="0" * 64))]
    elif keyfile.kind == "witness-key":
        found += [("another public key", with_fields(**{"public-key": "0" * 64})),
                  ("another seed", sealed(derived, fields, bytes(32)))]
    else:
        order = read_keyfile.P521_ORDER.to_bytes(66, "big")
        found += [("another SKI", with_fields(ski="0" * 64)),
                  ("scalar 0", sealed(derived, fields, bytes(66))),
                  ("scalar n", sealed(derived, fields, order))]
    return found
