"""A client of crypto units, written from docs/protocol.md: it believes only answers that are signed
by a module of the root it was told to trust, and that belong to what it asked."""
import hashlib
import struct

import messages as m
from cryptography.exceptions import InvalidSignature
from signers import read_signer_infos, verify_p521


class Refused(Exception):
    """A unit's refusal: return code and reason."""

    def __init__(self, code, reason):
        super().__init__(f"{code}/{reason}")
        self.pair = (code, reason)


class NotTrusted(Exception):
    """An answer or a chain that must not be believed."""


def pattern(key):
    return hashlib.sha256(b"\x01" + key).digest()


def same_pattern(one, other):
    return one is not None and other is not None and one[:28] == other[:28]


def reason_of(output):
    return struct.unpack_from(">I", output)[0] if len(output) >= 4 else None


class Client:
    def __init__(self, service, root):
        self.service, self.root = service, root
        self.module_keys = {}  # serial number -> device key and its SKI
        self.units = []

    # ---- answers ----

    def believe(self, unit, data, expected):
        """The block of an answer that this module signed."""
        value, body, signatures = m.read_response(data)
        if value != 0:
            raise Refused(value, None)
        point = self.module_keys[unit.serial]
        [(ski, _, signature)] = read_signer_infos(signatures)
        if ski != m.device_ski(point):
            raise NotTrusted("signed by another key")
        try:
            verify_p521(point, signature, body)
        except InvalidSignature as bad:
            raise NotTrusted("the signature of an answer does not hold") from bad
        found = m.read_block(body)
        if found.command != expected or found.module[:8] != unit.serial.encode():
            raise NotTrusted("an answer to something else")
        return found

    @staticmethod
    def accept(found):
        if found.code != 0:
            raise Refused(found.code, reason_of(found.output))
        return found

    # ---- queries ----

    def ask(self, unit, command, data=b""):
        domain_id = bytes(8) if command == m.Q_DEVICE else m.u32(unit.domain) + bytes(4)
        body = m.block(command, domain_id, data=data)
        return self.service.post(unit, m.request(unit.domain, body))

    def query(self, unit, command, data=b""):
        found = self.accept(self.believe(unit, self.ask(unit, command, data), command))
        if command != m.Q_DEVICE and found.domain[:4] != m.u32(unit.domain):
            raise NotTrusted("the answer of another domain")
        return found

    def attributes(self, unit):
        return m.read_attributes(self.query(unit, m.Q_ATTRS).output)

    def administrators(self, unit):
        skis = self.query(unit, m.Q_ADMIN).output
        return {skis[at : at + 32] for at in range(0, len(skis), 32)}

    def registers(self, unit):
        return m.read_info(self.service.post(unit, m.info_request(unit.domain)))

    # ---- trust ----

    def first_certificate(self, unit):
        """The one answer that nobody can check yet."""
        _, body, _ = m.read_response(self.ask(unit, m.Q_DEVICE, m.u32(0)))
        return m.DeviceCertificate(self.accept(m.read_block(body)).output)

    def chain_above(self, unit):
        chain = []
        while True:
            try:
                found = self.query(unit, m.Q_DEVICE, m.u32(len(chain) + 1))
            except Refused as refused:
                if refused.pair == (96, 60):
                    return chain
                raise
            chain.append(m.DeviceCertificate(found.output))

    def trust(self, unit):
        first = self.first_certificate(unit)
        self.module_keys[unit.serial] = first.point
        self.query(unit, m.Q_ATTRS)
        chain = [first] + self.chain_above(unit)
        parents = [(above.subject, above.point) for above in chain[1:]]
        parents.append((m.device_ski(self.root), self.root))
        for certificate, (ski, point) in zip(chain, parents):
            if certificate.subject == certificate.signer or certificate.signer != ski:
                raise NotTrusted("the chain does not lead to the root")
            certificate.verify(point)
        if not first.adapter.startswith(unit.serial.encode()[:8]):
            raise NotTrusted("the device certificate is of another adapter")

    def discover(self):
        """List, then the chain of each module once."""
        self.units = self.service.list_units()
        self.module_keys = {}
        for unit in self.units:
            if unit.serial not in self.module_keys:
                self.trust(unit)

    # ---- commands ----

    def command(self, unit, command, data=b"", signers=()):
        """Asks for identity and counter first, as every command has to."""
        now = self.query(unit, m.Q_ATTRS)
        counter = (int.from_bytes(now.counter, "big") + 1) % (1 << 128)
        head = (now.domain, now.module, counter.to_bytes(16, "big"))
        body = m.block(command, *head, data)
        signatures = b"".join(signer.signer_info(body) for signer in signers)
        return self.settle(unit, command, head, m.request(unit.domain, body, signatures))

    def settle(self, unit, command, head, message):
        found = self.believe(unit, self.service.post(unit, message), command)
        self.accept(found)
        if found.module != head[1] or found.domain[:4] != head[0][:4]:
            raise NotTrusted("an answer to another command")
        if command != m.ZEROIZE and (found.domain, found.counter) != (head[0], head[2]):
            raise NotTrusted("an answer to another command")
        return found.output

    def import_parts(self, unit, recipients, signers):
        """Each part is a request of its own, signed by its own signer; the outer one is not signed."""
        now = self.query(unit, m.Q_ATTRS)
        counter = (int.from_bytes(now.counter, "big") + 1) % (1 << 128)
        head = (now.domain, now.module, counter.to_bytes(16, "big"))
        inner = b""
        for recipient, signer in zip(recipients, signers):
            body = m.block(m.IMPORT_WK, *head, recipient)
            inner += m.request(unit.domain, body, signer.signer_info(body))
        body = m.block(m.IMPORT_WK, *head, inner)
        return self.settle(unit, m.IMPORT_WK, head, m.request(unit.domain, body))
