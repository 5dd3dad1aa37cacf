"""As much DER as docs/protocol.md needs."""


class Malformed(Exception):
    """Bytes that are not what the page describes."""


def tlv(tag, *parts):
    body = b"".join(parts)
    if len(body) < 0x80:
        length = bytes([len(body)])
    else:
        digits = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
        length = bytes([0x80 | len(digits)]) + digits
    return bytes([tag]) + length + body


def octets(*parts):
    return tlv(0x04, *parts)


def sequence(*parts):
    return tlv(0x30, *parts)


def integer(number):
    return tlv(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(text):
    first, second, *rest = (int(arc) for arc in text.split("."))
    out = bytes([40 * first + second])
    for arc in rest:
        digits = [arc & 0x7F]
        while arc := arc >> 7:
            digits.insert(0, 0x80 | arc & 0x7F)
        out += bytes(digits)
    return tlv(0x06, out)


def algorithm(text, *parameters):
    return sequence(oid(text), *parameters)


NULL = b"\x05\x00"


class Reader:
    """Elements one behind the other; any definite length of up to four bytes."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def _bytes(self, number):
        piece = self.data[self.at : self.at + number]
        if len(piece) != number:
            raise Malformed(f"ends at {len(self.data)}, wanted {number} bytes at {self.at}")
        self.at += number
        return piece

    def more(self):
        return self.at < len(self.data)

    def take(self, tag):
        found = self._bytes(1)[0]
        if found != tag:
            raise Malformed(f"tag {found:02x} where {tag:02x} belongs")
        length = self._bytes(1)[0]
        if length >= 0x80:
            if not 1 <= length - 0x80 <= 4:
                raise Malformed("indefinite or oversized length")
            length = int.from_bytes(self._bytes(length - 0x80), "big")
        return self._bytes(length)

    def octets(self, size=None):
        content = self.take(0x04)
        if size is not None and len(content) != size:
            raise Malformed(f"{len(content)} bytes where {size} belong")
        return content

    def number(self):
        return int.from_bytes(self.octets(4), "big")

    def inside(self, tag=0x30):
        return Reader(self.take(tag))

    def done(self):
        if self.more():
            raise Malformed(f"{len(self.data) - self.at} bytes too many")


def whole(data, tag=0x30):
    """The content of one element that is all of data."""
    outer = Reader(data)
    inner = outer.inside(tag)
    outer.done()
    return inner
