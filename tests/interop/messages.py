"""The messages of docs/protocol.md b.2, b.3, b.7 to b.11."""
import hashlib
import os
import struct
from collections import namedtuple

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from der import NULL, Malformed, Reader, algorithm, integer, octets, oid, sequence, tlv, whole
from signers import RSA, point_bytes, verify_p521

ADMIN, INFO = 0x00010029, 0x00010026

LOGIN, LOGOUT, SET_ATTR, GEN_IMPORTER, GEN_WK = 0x02, 0x04, 0x08, 0x09, 0x0A
EXPORT_WK, IMPORT_WK, COMMIT_WK, FINALIZE_WK, ZEROIZE = 0x0B, 0x0C, 0x0D, 0x0E, 0x10
CLEAR_WK, CLEAR_NEXT_WK = 0x1B, 0x1C
Q_ADMIN, Q_DEVICE, Q_WK, Q_NEXT_WK, Q_ATTRS = 0x10002, 0x10003, 0x10007, 0x10008, 0x1000A

Block = namedtuple("Block", "command domain module counter code output")


def u32(number):
    return struct.pack(">I", number)


# ---- requests and answers ----


def block(command, domain_id, module_id=b"", counter=b"", data=b""):
    fields = (u32(command), domain_id, module_id, counter, data)
    return sequence(*(octets(field) for field in fields))


def request(domain, body, signatures=b""):
    return sequence(octets(u32(ADMIN)), octets(u32(domain)), octets(body), octets(signatures))


def read_response(data):
    """(return value, block, signatures); the last two are None when the answer is bare."""
    reader = whole(data)
    reader.number()
    reader.number()
    value = reader.number()
    pair = (reader.octets(), reader.octets()) if reader.more() else (None, None)
    reader.done()
    if (value == 0) != (pair[0] is not None):
        raise Malformed("an answer with neither a block nor a return value, or with both")
    return value, *pair


def read_block(data):
    reader = whole(data)
    found = Block(
        reader.number(),
        reader.octets(8),
        reader.octets(16),
        reader.octets(16),
        reader.number(),
        reader.octets(),
    )
    reader.done()
    return found


def info_request(domain):
    return sequence(*(octets(u32(number)) for number in (INFO, domain, 3, 0)))


Registers = namedtuple("Registers", "current new committed left_imprint")


def read_info(data):
    """None for a register that is empty."""
    reader = whole(data)
    reader.number()
    reader.number()
    if reader.number() != 0:
        raise Malformed("the unit does not tell about its registers")
    payload = reader.octets()
    flags = struct.unpack_from(">I", payload, 68)[0]
    current = payload[4:36] if flags & 0x02 else None
    new = payload[36:68] if flags & 0x04 else None
    return Registers(current, new, bool(flags & 0x08), bool(flags & 0x10))


# ---- attributes ----


def read_attributes(data):
    return dict(struct.iter_unpack(">II", data))


def write_attributes(values):
    return b"".join(u32(index) + u32(values[index]) for index in (1, 2, 3, 4))


# ---- device certificates, the form of CEX6 and CEX7 ----


class DeviceCertificate:
    def __init__(self, data):
        if data[0] != 0x45 or data[3] != 5:
            raise Malformed("not a device certificate of this form")
        lengths = struct.unpack_from(">5I", data, 8)
        sections, at = [], 32
        for length in lengths:
            sections.append((at, data[at : at + length]))
            at += (length + 7) // 8 * 8
        metadata = whole(sections[1][1])
        fields = [metadata.octets() for _ in range(10)]
        self.adapter, self.subject, self.signer = fields[3], fields[7], fields[8]
        self.point = sections[3][1][-133:]
        self.signed = data[: sections[4][0]]
        self._read_signature(sections[4][1])

    def _read_signature(self, section):
        info = whole(section)
        info.take(0x02)
        if info.take(0x80) != self.signer:
            raise Malformed("signed by another than it says")
        info.inside()
        info.inside()
        numbers = whole(info.octets())
        r, s = (int.from_bytes(numbers.take(0x02), "big") for _ in "rs")
        self.signature = encode_dss_signature(r, s)

    def verify(self, point):
        """Raises InvalidSignature."""
        verify_p521(point, self.signature, self.signed)


def device_ski(point):
    return hashlib.sha512(point).digest()[:32]


# ---- key parts for an importer key ----


def recipient_p521(part, importer_point):
    ephemeral = ec.generate_private_key(ec.SECP521R1())
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP521R1(), importer_point)
    shared = ephemeral.exchange(ec.ECDH(), public)
    keying = os.urandom(40)
    wrap_kind = algorithm("2.16.840.1.101.3.4.1.45", NULL)
    shared_info = sequence(
        wrap_kind, tlv(0xA0, octets(keying)), tlv(0xA2, octets(u32(256)))
    )
    kek = hashlib.sha256(shared + u32(1) + shared_info).digest()
    sender = tlv(0x03, b"\x00", point_bytes(ephemeral.public_key()))
    return sequence(
        integer(3),
        tlv(0xA0, tlv(0xA1, sequence(oid("1.2.840.10045.2.1"), sender))),
        tlv(0xA1, octets(keying)),
        sequence(oid("1.3.132.1.11.1"), wrap_kind),
        sequence(
            sequence(
                tlv(0xA0, octets(hashlib.sha256(importer_point[1:]).digest())),
                octets(aes_key_wrap(kek, part)),
            )
        ),
    )


def recipient_rsa(part, key_bits):
    numbers = whole(key_bits)
    n, e = (int.from_bytes(numbers.take(0x02), "big") for _ in "ne")
    public = rsa.RSAPublicNumbers(e, n).public_key()
    return sequence(
        integer(2),
        tlv(0x80, hashlib.sha256(key_bits).digest()),
        algorithm(RSA, NULL),
        octets(public.encrypt(part, padding.PKCS1v15())),
    )


def key_bits(public_key_info):
    """What the BIT STRING of a SubjectPublicKeyInfo holds."""
    reader = whole(public_key_info)
    reader.inside()
    bits = reader.take(0x03)
    reader.done()
    return bits[1:]


def seal(part, public_key_info):
    bits = key_bits(public_key_info)
    return recipient_p521(part, bits) if bits[0] == 0x04 else recipient_rsa(part, bits)


# ---- parameter maps ----


def parameter(tag, index, data=b""):
    return octets(struct.pack(">HI", tag, index), data)


def read_parameters(data):
    found, reader = {}, whole(data)
    while reader.more():
        row = reader.octets()
        found[struct.unpack_from(">HI", row)] = row[6:]
    return found


def holder(point):
    """The 309-byte certificate of a key-part holder."""
    out = bytearray(309)
    out[36], out[37], out[38], out[41] = 0x4B, 0x01, 0x01, 0x85
    out[42:44] = bytes.fromhex("0209")
    out[44 : 44 + len(point)] = point
    return bytes(out)


def export_request(point):
    rows = parameter(0x1C, 1), parameter(0x1D, 0, holder(point)), parameter(0x1F, 0x0C)
    return sequence(*rows)
