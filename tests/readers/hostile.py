"""Damaged and forged copies of good files: the same ones on every run."""
import random

BYTES = b"\0\n\r 0A+/=:-\x7f\xc3\xff"


def samples(name, data, count):
    """(what was done, bytes): changed and flipped bytes, cuts, lines moved, removed, repeated."""
    rng = random.Random(name)
    for number in range(count):
        yield CHANGES[number % len(CHANGES)](rng, data)


def with_byte(data, at, byte):
    return f"byte {at} is {byte:#04x}", data[:at] + bytes([byte]) + data[at + 1:]


def change_byte(rng, data):
    at = rng.randrange(len(data))
    return with_byte(data, at, rng.choice([byte for byte in BYTES if byte != data[at]]))


def flip_bit(rng, data):
    at = rng.randrange(len(data))
    return with_byte(data, at, data[at] ^ 1 << rng.randrange(8))


def next_digit(rng, data):
    """Stays within its alphabet: what a forger or a typing mistake does."""
    places = [at for at, byte in enumerate(data) if chr(byte).isalnum() and chr(byte).isascii()]
    at = rng.choice(places)
    follower = {ord("9"): ord("0"), ord("z"): ord("a"), ord("Z"): ord("A")}
    return with_byte(data, at, follower.get(data[at], data[at] + 1))


def cut(rng, data):
    at = rng.randrange(len(data))
    return f"cut at {at}", data[:at]


def insert(rng, data):
    at = rng.randrange(len(data) + 1)
    byte = rng.choice(BYTES)
    return f"byte {byte:#04x} put in at {at}", data[:at] + bytes([byte]) + data[at:]


def move_lines(rng, data):
    lines = data.splitlines(keepends=True)
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return f"lines {one + 1} and {other + 1} exchanged", b"".join(lines)


def drop_line(rng, data):
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    return f"line {at + 1} left out", b"".join(lines[:at] + lines[at + 1:])


def repeat_line(rng, data):
    lines = data.splitlines(keepends=True)
    at = rng.randrange(len(lines))
    return f"line {at + 1} twice", b"".join(lines[:at] + [lines[at]] + lines[at:])


CHANGES = [change_byte, flip_bit, next_digit, cut, insert, move_lines, drop_line, repeat_line]
