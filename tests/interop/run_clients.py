"""Many clients at once, and clients that misbehave, over HTTPS: nothing is lost, nobody is kept
waiting, the daemon stays well.

    run_clients.py [--brief] CLAVIGER_UNITD
"""
import contextlib
import http.client
import os
import random
import resource
import signal
import socket
import ssl
import sys
import threading

import life
import messages as m
from client import Client, Refused
from daemon import Daemon
from signers import P521Signer
from wire import ServiceError, wrap

MIB = 1 << 20


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


def connect(daemon):
    return socket.create_connection((daemon.host, daemon.port), timeout=60)


def connect_tls(daemon):
    trust = ssl.create_default_context(cafile=daemon.ca_file)
    return trust.wrap_socket(connect(daemon), server_hostname=daemon.host)


def http_query(daemon, unit):
    """A whole POST of a query, as bytes."""
    payload = m.request(unit.domain, m.block(m.Q_ATTRS, m.u32(unit.domain) + bytes(4)))
    body = '{"request":"%s"}' % wrap(unit, payload)
    head = (
        f"POST /v1/tke/{daemon.instance}/hsms/{unit.hsm_id} HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: {daemon.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def read_status(stream):
    """The status of the one answer that comes, 0 when none does."""
    data = b""
    try:
        while b"\r\n" not in data:
            piece = stream.recv(4096)
            if not piece:
                return 0
            data += piece
    except OSError:
        return 0
    return int(data.split()[1])


def send_until_refused(stream, piece, total):
    """How much the other side takes."""
    sent = 0
    try:
        while sent < total:
            stream.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


# ---- several clients, some of them after the same unit ----


class Worker(threading.Thread):
    """Commands to a unit that all workers share, queries to one of its own."""

    def __init__(self, daemon, number, num_commands):
        super().__init__()
        self.client = Client(daemon.service(), daemon.root)
        self.number, self.num_commands = number, num_commands
        self.accepted = self.overtaken = 0
        self.failure = None

    def run(self):
        try:
            self.work()
        except Exception as failure:  # told in the main thread
            self.failure = failure
        self.client.service.close()

    def work(self):
        self.client.discover()
        shared = self.client.units[0]
        own = self.client.units[1 + self.number % (len(self.client.units) - 1)]
        while self.accepted < self.num_commands:
            try:
                self.client.command(shared, m.SET_ATTR, m.u32(2) + m.u32(0))
                self.accepted += 1
            except Refused as refused:
                expect(refused.pair == (163, 19), f"refused with {refused}")
                self.overtaken += 1
            self.client.query(own, m.Q_ADMIN)


def run_workers(daemon, number, num_commands):
    client = Client(daemon.service(), daemon.root)
    client.discover()
    shared = client.units[0]
    before = int.from_bytes(client.query(shared, m.Q_ATTRS).counter, "big")
    workers = [Worker(daemon, index, num_commands) for index in range(number)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        if worker.failure:
            raise worker.failure
    after = int.from_bytes(client.query(shared, m.Q_ATTRS).counter, "big")
    expect(after - before == number * num_commands, "each accepted command counts once")
    client.service.close()
    return sum(worker.overtaken for worker in workers)


def many_clients(program, brief):
    with Daemon(program, "--units", "4") as daemon:
        overtaken = run_workers(daemon, 8, 5 if brief else 20)
    return f"{overtaken} commands were overtaken and sent again"


# ---- clients that misbehave ----


def catch_up(daemon, unit, number):
    """Every fifty connections: waits until the daemon has seen them, so that it is not crowded."""
    if number % 50 == 0:
        with connect_tls(daemon) as stream:
            stream.sendall(http_query(daemon, unit))
            expect(read_status(stream) == 200, "everybody else is answered meanwhile")


def truncated_hello(daemon, unit):
    """A TLS handshake that ends after any number of bytes, or of which one byte is another."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    trust = ssl.create_default_context(cafile=daemon.ca_file)
    tls = trust.wrap_bio(incoming, outgoing, server_hostname=daemon.host)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    for cut in range(len(hello)):
        catch_up(daemon, unit, cut)
        with connect(daemon) as stream:
            stream.sendall(hello[:cut])
    for number, at in enumerate(range(0, len(hello), 3)):
        catch_up(daemon, unit, number)
        with connect(daemon) as stream:
            stream.sendall(hello[:at] + bytes([hello[at] ^ 0x55]) + hello[at + 1 :])
            stream.shutdown(socket.SHUT_WR)


def truncated_request(daemon, unit):
    text = http_query(daemon, unit)
    for number, cut in enumerate(range(0, len(text), 7)):
        catch_up(daemon, unit, number)
        with connect_tls(daemon) as stream:
            stream.sendall(text[:cut])


def garbage(daemon, _):
    source = random.Random(1)
    for number in range(40):
        junk = source.randbytes(700)
        with connect(daemon) as stream:
            send_until_refused(stream, junk, len(junk))
        with connect_tls(daemon) as stream:
            send_until_refused(stream, junk, len(junk))
    with connect(daemon) as stream:
        send_until_refused(stream, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 1)
        expect(read_status(stream) == 0, "plain HTTP has no answer on a port for HTTPS")


def large_bodies(daemon, unit):
    path = f"/v1/tke/{daemon.instance}/hsms/{unit.hsm_id}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {daemon.token}\r\n"
    with connect_tls(daemon) as stream:
        stream.sendall(f"{head}Content-Length: {64 * MIB}\r\n\r\n".encode())
        expect(read_status(stream) == 413, "a body of 64 MiB is refused before it is read")
        taken = send_until_refused(stream, bytes(MIB), 64 * MIB)
        expect(taken < 64 * MIB, "and is not taken all the same")
    with connect_tls(daemon) as stream:
        stream.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        chunk = b"10000\r\n" + 65536 * b"x" + b"\r\n"
        taken = send_until_refused(stream, chunk, 64 * MIB)
        expect(taken < 64 * MIB, "an endless chunked body is cut off")
    with connect_tls(daemon) as stream:
        stream.sendall(b"GET / HTTP/1.1\r\nX: ")
        taken = send_until_refused(stream, 65536 * b"a", 64 * MIB)
        expect(taken < 64 * MIB, "a header without end is cut off")


def half_closed(daemon, unit):
    """Whoever has sent all and closes its half still gets the answer, or an end."""
    text = http_query(daemon, unit)
    for cut in (0, 10, len(text) - 1, len(text)):
        with connect_tls(daemon) as stream:
            stream.sendall(text[:cut])
            # The plain socket's way: that of ssl would drop TLS, and read what is enciphered.
            socket.socket.shutdown(stream, socket.SHUT_WR)
            status = read_status(stream)
            expect(status in ((0, 200) if cut == len(text) else (0, 400)), "an answer, or an end")


def abandoned_answers(daemon, unit):
    """Asked for and never read, then reset."""
    text = http_query(daemon, unit)
    for _ in range(20):
        stream = connect_tls(daemon)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        stream.sendall(20 * text)
        stream.close()


def crowd(daemon, _):
    """More connections than the daemon likes, none of which says a word."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = 4096 if most == resource.RLIM_INFINITY else min(most, 4096)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))
    silent = [connect(daemon) for _ in range(min(1100, limit - 100))]
    fresh = Client(daemon.service(), daemon.root)
    fresh.discover()
    fresh.service.close()
    for stream in silent:
        stream.close()


MISCHIEF = (
    truncated_hello,
    truncated_request,
    garbage,
    large_bodies,
    half_closed,
    abandoned_answers,
)


class Dawdlers:
    """Connections that stay open and send next to nothing: handshakes begun and left, requests of
    which one byte comes now and then."""

    def __init__(self, daemon, unit):
        self.text = http_query(daemon, unit)
        self.silent = [connect(daemon) for _ in range(40)]
        self.slow = [connect_tls(daemon) for _ in range(10)]
        for stream in self.silent[::2]:
            stream.sendall(b"\x16\x03\x01")
        self.sent = 0

    def drip(self, number=1):
        piece = self.text[self.sent : self.sent + number]
        for stream in self.slow:
            stream.sendall(piece)
        self.sent += len(piece)

    def finish(self):
        self.drip(len(self.text))
        for stream in self.slow:
            expect(read_status(stream) == 200, "a slow sender is answered in the end")
        for stream in self.silent + self.slow:
            stream.close()


def misbehaving_clients(program, brief):
    with Daemon(program, "--units", "3") as daemon:
        client = Client(daemon.service(), daemon.root)
        client.discover()
        unit = client.units[0]
        dawdlers = Dawdlers(daemon, unit)
        for mischief in MISCHIEF:
            dawdlers.drip()
            mischief(daemon, unit)
            run_workers(daemon, 2, 1 if brief else 3)
            client.query(unit, m.Q_ATTRS)
        dawdlers.finish()
        crowd(daemon, unit)
        expect(client.service.num_connections == 1, "a good client's connection is kept")
        client.service.close()
    return f"{len(MISCHIEF) + 1} kinds of mischief"


# ---- what takes long ----


class KeyMaker(threading.Thread):
    """Orders RSA-2048 importer keys, one after the other."""

    def __init__(self, daemon, number):
        super().__init__()
        self.client = Client(daemon.service(), daemon.root)
        self.number = number
        self.done = 0
        self.failure = None

    def run(self):
        try:
            self.work()
        except Exception as failure:  # told in the main thread
            self.failure = failure
        self.client.service.close()

    def work(self):
        person = P521Signer()
        self.client.discover()
        life.update_people(
            self.client,
            self.client.units[0],
            life.look(self.client, self.client.units[0]),
            life.wanted([("Maker", person)], 1, 1),
        )
        while self.done < self.number:
            self.client.command(self.client.units[0], m.GEN_IMPORTER, m.u32(0), [person])
            self.done += 1


def children(pid):
    """Processes whose parent this is, and the state they are in."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid:
            found[int(name)] = state
    return found


def hold_a_key(daemon, maker, other):
    """Stops the process that makes a key while its key is not finished; returns its id."""
    while maker.is_alive():
        for child in children(daemon.process.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGSTOP)
            while children(daemon.process.pid).get(child, "T") != "T":
                pass
            other.query(other.units[0], m.Q_ADMIN)  # a key finished before it stopped is taken
            if child in children(daemon.process.pid):
                return child
    raise AssertionError(f"no key was made in a process beside: {maker.failure}")


def slow_keys(program, _):
    """Others get their answers while a key is being made, for as long as that takes."""
    with Daemon(program, "--units", "1") as daemon:
        maker = KeyMaker(daemon, 20)
        other = Client(daemon.service(), daemon.root)
        other.discover()
        maker.start()
        child = hold_a_key(daemon, maker, other)
        done = maker.done
        for _ in range(20):
            other.query(other.units[0], m.Q_ADMIN)
        expect(maker.done == done, "the key was not finished meanwhile")
        maker.number = done + 1
        os.kill(child, signal.SIGCONT)
        maker.join()
        expect(maker.done == done + 1, f"then it was: {maker.failure}")
        other.service.close()
    return "others were answered meanwhile"


def ended_in_the_middle(program, _):
    """Keys ordered without end, until the daemon ends: it ends well, as Daemon looks."""
    with Daemon(program, "--units", "1") as daemon:
        maker = KeyMaker(daemon, 1000)
        maker.start()
        while maker.done == 0 and maker.is_alive():
            maker.join(0.01)
        expect(maker.is_alive(), "keys are being made")
    maker.join()
    expect(isinstance(maker.failure, (OSError, http.client.HTTPException)), str(maker.failure))
    return f"after {maker.done} keys"


# ---- tokens ----


def expired_token(program, _):
    """The middle of a life: 401, a new token, and on it goes over the same connection."""
    with Daemon(program, "--units", "2", "--token-uses", "30") as daemon:
        client = Client(daemon.service(), daemon.root)
        client.discover()
        renewed = 0
        for _ in range(60):
            try:
                client.query(client.units[0], m.Q_ATTRS)
            except ServiceError as refused:
                expect(refused.status == 401 and "expired" in refused.message, str(refused))
                renewed += 1
                daemon.put_token(f"Bearer number {renewed}")
                client.service.token = daemon.token
        expect(renewed == 2, "a token lasts for as many requests as was said")
        client.service.token = "Bearer number 1"
        try:
            client.query(client.units[0], m.Q_ATTRS)
            expect(False, "an old token is refused")
        except ServiceError as refused:
            expect(refused.status == 401 and "not valid" in refused.message, str(refused))
        client.service.close()
    return f"{renewed} times renewed"


PARTS = (many_clients, misbehaving_clients, slow_keys, ended_in_the_middle, expired_token)


def main(argv):
    brief = "--brief" in argv
    for part in PARTS:
        print(f"{part.__name__}: good, {part(argv[-1], brief)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
