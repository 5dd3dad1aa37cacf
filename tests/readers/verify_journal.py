"""Verifies the journal of a ceremony as docs/formats/journal.md describes it, then reads its entries as
docs/formats/events.md does.

    verify_journal.py [--vkey KEY] [--witness KEY]... [--no-events] DIR

Prints the verdict, and names the first thing wrong.
"""
import argparse
import os
import re

import events
from common import (VKEY, Checkpoint, Refused, VerifierKey, decimal_strict, leaf_hash, read_bytes,
                    run, tree_root)
from witness import WitnessKey

VERDICTS = {"unsigned tail": "E-MISMATCH", "unsigned": "E-MISMATCH", "forged": "E-FORGED",
            "torn": "E-DAMAGED", "damaged": "E-DAMAGED", "truncated": "E-DAMAGED",
            "foreign": "E-FOREIGN"}
ENTRY_MAX = 4096


class Verdict(Refused):
    """The first thing wrong."""

    def __init__(self, name, reason):
        super().__init__(VERDICTS[name], f"{name}: {reason}")
        self.name = name


def split_records(data, end):
    """Whole records, and what is left behind the last one."""
    records = data.split(end)
    return records[:-1], records[-1]


def parse_line(line, number):
    match = re.fullmatch(rb"([0-9]+) ([0-9a-f]{16}) ([^\x00-\x1f\x7f]+)", line)
    if not match or len(match[3]) > ENTRY_MAX:
        raise Verdict("damaged", f"entry {number} is malformed")
    entry = match[3]
    try:
        entry.decode()
        found = decimal_strict(match[1], "E-DAMAGED", "its number")
    except (UnicodeDecodeError, Refused):
        raise Verdict("damaged", f"entry {number} is malformed") from None
    if found != number:
        raise Verdict("damaged", f"entry {number} says that it is {found}")
    leaf = leaf_hash(entry)
    if leaf[:8].hex().encode() != match[2]:
        raise Verdict("damaged", f"entry {number} does not fit its check value")
    return entry, leaf


def parse_checkpoint(record):
    lines = record.split(b"\n")
    gap = lines.index(b"")
    try:
        return Checkpoint(lines[:gap], lines[gap + 1:], "E-DAMAGED")
    except Refused as refused:
        raise Verdict("damaged", str(refused)) from None


def split_checkpoints(data):
    """Notes: text, an empty line, signature lines, an empty line. Also what a cut left behind."""
    records = []
    while data:
        match = re.match(rb"((?:[^\n]+\n)+\n(?:[^\n]+\n)+)\n", data)
        if not match:
            break
        records.append(match[1][:-1])
        data = data[match.end():]
    return records, data


class Journal:
    """The files of a folder. verify() goes through them once, side by side."""

    def __init__(self, folder):
        self.log = read_bytes(os.path.join(folder, "journal.log"))
        self.heads = read_bytes(os.path.join(folder, "checkpoints.log"))
        self.vkey_file = read_bytes(os.path.join(folder, "journal.vkey"))
        self.entries = []
        self.leaves = []
        self.checkpoints = []
        self.vkey = None

    def root(self, size):
        return tree_root(self.leaves[:size])

    def verify(self, expected=None, witnesses=()):
        lines, rest = split_records(self.log, b"\n")
        records, heads_rest = split_checkpoints(self.heads)
        if lines:
            self._take_key(parse_line(lines[0], 0)[0], expected)
        cosigned = set()
        for record in records:
            checkpoint = self._read_checkpoint(record)
            cosigned |= self._cosigners(checkpoint, witnesses)
            self._read_entries(lines, checkpoint.size)
            self._check_root(checkpoint)
        self._read_entries(lines, len(lines))
        self._check_ends(rest, heads_rest)
        for witness in witnesses:
            if witness.text not in cosigned:
                raise Verdict("foreign", f"no checkpoint is cosigned by {witness.name.decode()}")

    @staticmethod
    def _cosigners(checkpoint, witnesses):
        found = set()
        for witness in witnesses:
            try:
                witness.check(checkpoint)
                found.add(witness.text)
            except Refused as refused:
                if refused.code == "E-FORGED":
                    raise Verdict("forged", str(refused)) from None
        return found

    def _take_key(self, entry, expected):
        match = VKEY.search(entry)
        try:
            self.vkey = VerifierKey(match[0] if match else b"", "E-FOREIGN")
        except Refused as refused:
            raise Verdict("foreign", f"entry 0 names no key: {refused}") from None
        if self.vkey_file != self.vkey.text + b"\n":
            raise Verdict("damaged", "journal.vkey is not the key of entry 0")
        if expected not in (None, self.vkey.text):
            raise Verdict("foreign", "entry 0 names another key than the one expected")

    def _read_checkpoint(self, record):
        checkpoint = parse_checkpoint(record)
        if self.vkey is None:
            raise Verdict("truncated", "there are checkpoints, but no entries")
        try:
            checkpoint.check_signed_by(self.vkey)
        except Refused as refused:
            name = "foreign" if refused.code == "E-FOREIGN" else "forged"
            raise Verdict(name, str(refused)) from None
        if checkpoint.size < max(1, self._signed_size()):
            raise Verdict("forged", f"sizes go back to {checkpoint.size}")
        return checkpoint

    def _read_entries(self, lines, size):
        for number in range(len(self.leaves), min(size, len(lines))):
            entry, leaf = parse_line(lines[number], number)
            self.entries.append(entry)
            self.leaves.append(leaf)
        if size > len(lines):
            raise Verdict("truncated", f"a checkpoint covers {size} entries, {len(lines)} are there")

    def _check_root(self, checkpoint):
        if checkpoint.root != self.root(checkpoint.size):
            raise Verdict("forged", f"entries {self._signed_size()} to {checkpoint.size - 1}: the "
                                    f"root of {checkpoint.size} entries is another one")
        self.checkpoints.append(checkpoint)

    def _signed_size(self):
        return self.checkpoints[-1].size if self.checkpoints else 0

    def _check_ends(self, rest, heads_rest):
        if rest:
            raise Verdict("torn", "the last entry is cut off")
        if heads_rest:
            raise Verdict("torn", "the last checkpoint is cut off")
        if not self.checkpoints:
            raise Verdict("unsigned", "there is no checkpoint")
        if self._signed_size() < len(self.leaves):
            raise Verdict("unsigned tail", f"nothing signs entries {self._signed_size()} to "
                                           f"{len(self.leaves) - 1}")


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("dir")
    parser.add_argument("--vkey")
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--no-events", action="store_true")
    args = parser.parse_args(argv)
    journal = Journal(args.dir)
    journal.verify(VerifierKey(args.vkey.encode(), "E-FORMAT").text if args.vkey else None,
                   [WitnessKey(text.encode()) for text in args.witness])
    if not args.no_events:
        for number, entry in enumerate(journal.entries):
            events.check(entry.decode(), number)
    print(f"intact: {len(journal.entries)} entries, {len(journal.checkpoints)} checkpoints")
    print(journal.vkey.text.decode())
    return 0


if __name__ == "__main__":
    run(main)
