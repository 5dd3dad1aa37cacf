"""A client in another language lives its whole life against claviger-unitd.

    run_life.py CLAVIGER_UNITD
"""
import os
import sys

import life
import messages as m
from client import Client, Refused, pattern, same_pattern
from daemon import Daemon, SigningService
from signers import P521Signer, RemoteSigner, RsaSigner, read_key_file, write_key_file

UNITS = ("--units", "2", "--recovery", "1", "--failover", "1")


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def refused(pair, call, *args):
    try:
        call(*args)
    except Refused as found:
        expect(found.pair == pair, f"refused with {found}, expected {pair}")
        return
    raise AssertionError(f"not refused, expected {pair}")


def expect_all(client, wish):
    """Every unit as wished, all with one key; returns its pattern."""
    states = list(life.query(client).values())
    for state in states:
        expect(state.attributes[1] == wish.signatures, "signature threshold")
        expect(state.attributes[2] == wish.revocations, "revocation threshold")
        expect(state.administrators == wish.administrators.keys(), "administrators")
        expect(state.registers.left_imprint and state.registers.new is None, "registers")
        expect(same_pattern(state.registers.current, states[0].registers.current), "one key")
    for unit in client.units:
        signed = client.query(unit, m.Q_WK).output
        expect(same_pattern(signed, states[0].registers.current), "the signed pattern")
    return states[0].registers.current


def expect_fresh(client):
    for state in life.query(client).values():
        expect(state.attributes[1] == 0 and not state.administrators, "in imprint mode")
        expect(state.registers == (None, None, False, False), "registers are empty")


def whole_life(client, people):
    """people: (name, signer), four of them."""
    expect_fresh(client)
    first = life.wanted(people[:3], 2, 2)
    life.update(client, first)
    key = expect_all(client, first)
    life.update(client, first)
    expect(expect_all(client, first) == key, "nothing to do, nothing done")
    second = life.wanted(people[1:], 3, 2)
    life.update(client, second)
    expect(expect_all(client, second) == key, "other people, the same key")
    third = life.wanted(people, 1, 1)
    life.update(client, third)
    expect(expect_all(client, third) == key, "other thresholds, the same key")
    stranger = P521Signer()
    refused((257, 33), client.command, client.units[0], m.ZEROIZE, b"", [stranger])
    refused((208, 21), client.command, client.units[0], m.ZEROIZE)
    expect(expect_all(client, third) == key, "refused commands change nothing")
    life.zeroize(client, [signer for _, signer in people])
    expect_fresh(client)


def signatures_from_files(program):
    """RSA-2048 and P-521 mixed, over HTTPS with a token, all over one connection."""
    with Daemon(program, *UNITS) as daemon:
        people = []
        for number, kind in enumerate((P521Signer, RsaSigner, P521Signer, RsaSigner)):
            path = os.path.join(daemon.dir, f"{number}.sigkey")
            write_key_file(path, kind(), "a password of sorts")
            people.append((f"person {number}", read_key_file(path, "a password of sorts")))
        service = daemon.service()
        whole_life(Client(service, daemon.root), people)
        expect(service.num_connections == 1, "the connection is kept alive")
        service.close()


def signatures_from_a_service(program):
    """A signing service, over plain HTTP, bodies packed with gzip."""
    names = [f"key{number}" for number in range(4)]
    with Daemon(program, *UNITS, tls=False) as daemon, SigningService(names) as signing:
        people = [
            (name, RemoteSigner(signing.url, name, signing.token_of(name))) for name in names
        ]
        service = daemon.service(compress=True)
        whole_life(Client(service, daemon.root), people)
        expect(service.num_connections == 1, "the connection is kept alive")
        expect(signing.num_signed > 100, "the service has signed")
        service.close()


def key_parts(program):
    """Three parts sealed for importer keys of three kinds, loaded, committed, made current."""
    parts = [bytes([start] * 31 + [1]) for start in (0x11, 0x22, 0x44)]
    combined = bytes(a ^ b ^ c for a, b, c in zip(*parts))
    people = [("rsa", RsaSigner()), ("ec", P521Signer()), ("another", P521Signer())]
    wish = life.wanted(people, 2, 2)
    signers = [signer for _, signer in people]
    with Daemon(program, "--units", "3") as daemon:
        client = Client(daemon.service(), daemon.root)
        states = life.query(client)
        for unit, kind in zip(client.units, (3, 0, 7)):
            life.update_people(client, unit, states[unit.hsm_id], wish)
            refused((96, 1), client.import_parts, unit, [bytes(10)], signers[:1])
            importer = client.command(unit, m.GEN_IMPORTER, m.u32(kind), signers[:1])
            sealed = [m.seal(part, importer) for part in parts]
            client.import_parts(unit, sealed, signers)
            found = client.registers(unit)
            expect(same_pattern(found.new, pattern(combined)), "the units join parts by XOR")
            expect(not found.committed, "not committed yet")
            refused((101, 48), client.command, unit, m.COMMIT_WK, bytes(32), signers[:2])
            client.command(unit, m.COMMIT_WK, pattern(combined), signers[:2])
            expect(client.registers(unit).committed, "committed")
            client.command(unit, m.FINALIZE_WK, pattern(combined), signers[:1])
            found = client.registers(unit)
            expect(same_pattern(found.current, pattern(combined)), "current")
            client.command(unit, m.CLEAR_WK, b"", signers[:1])
            expect(client.registers(unit).current is None, "cleared")
        client.service.close()


def main(argv):
    for part in (signatures_from_files, signatures_from_a_service, key_parts):
        part(argv[-1])
        print(f"{part.__name__}: good")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
