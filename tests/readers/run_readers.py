"""Runs one rehearsal, then the readers of this folder on everything it made, and on damaged and
forged copies: reader and program have to agree on what is accepted, and else on the class of error.

    run_readers.py [--brief] CLAVIGER KEYFILE_CLASS ROOT
"""
import glob
import os
import re
import subprocess
import sys

import check_values
import events
import forged_evidence
import forged_journals
import forged_keyfiles
import hostile
import read_keyfile
import verify_journal
import verify_receipt
from bench import ACCEPTED, Bench, bench_parser, reader_says, run_bench, write
from common import EXIT_CODES, read_bytes

class Readers(Bench):
    """One rehearsal, and the readers of what it made."""

    def __init__(self, args, work):
        super().__init__(args, work)
        self.answers = os.path.join(args.root, "tests/answers/typed-parts.txt")
        self.made = os.path.join(work, "rehearsal")
        self.slips = []
        self.shown = b""

    def rehearse(self):
        """TMPDIR and state are the folder's own."""
        env = dict(os.environ, XDG_STATE_HOME=os.path.join(self.work, "state"))
        done = subprocess.run([self.args.claviger, "rehearse", "--plain", "--answers", self.answers,
                               "--dir", self.made], capture_output=True, env=env, check=False)
        if done.returncode != 0:
            raise SystemExit(f"the rehearsal failed:\n{done.stdout[-2000:]}\n{done.stderr}")
        self.shown = done.stdout
        self.slips = sorted(set(re.findall(rb"CLV1S[.][0-9A-X.]+", done.stdout)))

    def program_says(self, *argv):
        """(exit code, class) of `claviger verify`."""
        done = subprocess.run([self.args.claviger, "verify", *argv], capture_output=True, check=False)
        codes = re.findall(rb"\b(E-[A-Z]+)\b", done.stdout + done.stderr)
        return done.returncode, "OK" if done.returncode == 0 else codes[-1].decode() if codes else "?"

    # ---- key files ----

    def keyfiles(self):
        return sorted(glob.glob(os.path.join(self.made, "key-files", "*.clvkey")))

    def classes_of(self, paths, *mode, password=b""):
        """(exit code, class) of each file, by the keyfile room."""
        done = subprocess.run([self.args.keyfile_class, *mode, *paths], input=password,
                              capture_output=True, check=True)
        rows = [line.split(b" ", 2) for line in done.stdout.splitlines()]
        return [(int(exit_code), code.decode()) for code, exit_code, _ in rows]

    def compare_keyfiles(self, cases, password=b"", derived=None):
        """cases: (what, bytes). With a password and the key derived from it, opens them."""
        paths = []
        for number, (_, data) in enumerate(cases):
            paths.append(os.path.join(self.work, "keyfiles", f"{number}.clvkey"))
            write(paths[-1], data)
        mode = ["open"] if password else ["header"]
        for (what, data), program in zip(cases, self.classes_of(paths, *mode, password=password)):
            def read(_, data=data):
                keyfile = read_keyfile.KeyFile(data)
                if derived:
                    keyfile.open(derived)
                return 0
            self.compare(f"key file, {what}", program, reader_says(read))

    def passwords(self):
        """By kind and slot, from the answers."""
        text = read_bytes(self.answers).decode()
        found = re.findall(r"^(part|signature-key)\.([0-9])\.open\.password: (.*)$", text, re.M)
        return {(kind, slot): password.encode() for kind, slot, password in found}

    def check_keyfiles(self):
        passwords = self.passwords()
        combined = bytes(32)
        for path in self.keyfiles():
            keyfile = read_keyfile.KeyFile(read_bytes(path))
            name = "part" if keyfile.kind == "key-part" else keyfile.kind
            password = passwords[name, keyfile.fields["slot"]]
            derived = keyfile.derive(password)
            secret = keyfile.open(derived)
            if name == "part":
                self.expect_typed(secret, keyfile.fields["slot"])
                self.expect_part_checks(secret, int(keyfile.fields["slot"]))
                combined = bytes(one ^ other for one, other in zip(combined, secret))
            if keyfile.fields["slot"] == "1":
                forged = forged_keyfiles.cases(keyfile, derived)
                self.compare_keyfiles(forged, password, derived)
        self.expect_combined(combined)
        for path in self.keyfiles()[::3]:
            data = read_bytes(path)
            damaged = list(hostile.samples("keyfile", data, self.count(400)))
            self.compare_keyfiles(damaged)
            self.compare_keyfiles([(what + ", checksum made again", forged_keyfiles.with_checksum(data))
                                   for what, data in damaged])
            self.compare_keyfiles(list(forged_keyfiles.headers(data)))

    def check_programs(self):
        """The readers as programs: exit codes, and a password from a descriptor."""
        path = self.keyfiles()[0]
        right = self.passwords()["part", read_keyfile.KeyFile(read_bytes(path)).fields["slot"]]
        for password, exit_code in ((right, 0), (b"not this one", EXIT_CODES["E-PASSWORD"])):
            self.expect("read_keyfile.py", exit_code, self.run_reader(
                "read_keyfile.py", "--password-fd", "0", path, stdin=password + b"\n"))
        page = os.path.join(self.args.root, "docs/formats/keyfile.md")
        self.expect("check_values.py", 0, self.run_reader("check_values.py", page))
        self.expect("verify_journal.py", 0, self.run_reader("verify_journal.py", self.made))
        codes = read_bytes(self.receipts("codes")[0])
        self.expect("verify_receipt.py", 0, self.run_reader("verify_receipt.py", "-", stdin=codes))

    def run_reader(self, name, *argv, stdin=b""):
        script = os.path.join(os.path.dirname(__file__), name)
        return subprocess.run([sys.executable, "-B", script, *argv], input=stdin, capture_output=True,
                              check=False).returncode

    def check_private(self):
        """Who may read the file, and what it is."""
        path = os.path.join(self.work, "private", "part.clvkey")
        other = os.path.join(self.work, "private", "other")
        good = read_bytes(self.keyfiles()[0])
        for what, prepare in (
                ("ours", lambda: None),
                ("read-only", lambda: os.chmod(path, 0o400)),
                ("open to the group", lambda: os.chmod(path, 0o640)),
                ("open to others", lambda: os.chmod(path, 0o604)),
                ("two names", lambda: os.link(path, other)),
                ("a link", lambda: (os.rename(path, other), os.symlink(other, path))),
                ("a folder", lambda: (os.remove(path), os.mkdir(path))),
                ("not there", lambda: os.rmdir(path))):
            if not what.startswith("not"):
                for old in (path, other):
                    if os.path.lexists(old):
                        os.remove(old)
                write(path, good)
            prepare()
            self.compare(f"key file, {what}", self.classes_of([path], "header")[0],
                         reader_says(read_keyfile.main, path))

    def expect_typed(self, part, slot):
        """The parts are the first keys of the page's table."""
        page = read_bytes(os.path.join(self.args.root, "docs/formats/keyfile.md")).decode()
        keys = [key for key, _ in check_values.keys_of_page(page)]
        self.expect(f"part {slot}", keys[int(slot) - 1].hex(), part.hex())

    def events(self):
        journal = verify_receipt.load_journal(self.made)
        return [events.check(entry.decode(), 0) for entry in journal.entries]

    def expect_part_checks(self, part, slot):
        """What the journal says of a typed part, and both its sheets; what would test a guess at it is
        nowhere."""
        wanted = check_values.of_part(part, typed=True)
        found = [entry["check"] for entry in self.events()
                 if entry["event"] in ("part-made", "part-opened") and entry["part"] == slot]
        self.expect(f"check values of part {slot}", [wanted, wanted], found)
        for value in wanted.encode().split(b", "):
            self.expect(f"sheets with {value.decode()}", 2, self.shown.count(value))
        pattern = check_values.compute(part)["EP11-VP"].hex().encode()
        everything = re.sub(rb"[ \n]", b"", self.shown) + read_bytes(os.path.join(self.made, "journal.log"))
        self.expect(f"the pattern of part {slot}", False, pattern[:16] in everything)

    def expect_combined(self, key):
        """What the journal says about the combined key."""
        found = [entry for entry in self.events() if entry["event"] == "pattern"][-1]
        values = check_values.compute(key)
        self.expect("pattern", values["EP11-VP"].hex(), found["pattern"])
        for name, digits in re.findall("([A-Z0-9-]+) ([0-9a-f]{6,})", found["checks"]):
            self.expect(name, digits, values[name].hex()[:len(digits)])
        squeezed = re.sub(rb"[ \n]", b"", self.shown)
        for name, value in values.items():
            shown = value.hex()[:6 if name.startswith("KCV") else None].encode()
            self.expect(f"{name} on the screen", True, name.encode() + shown in squeezed)

    # ---- journal ----

    def check_journal(self):
        self.compare("journal", self.program_says(self.made),
                     reader_says(verify_journal.main, self.made))
        self.expect("journal", ACCEPTED, reader_says(verify_journal.main, self.made))
        names = ("journal.log", "checkpoints.log", "journal.vkey")
        folder = os.path.join(self.work, "journal")
        good = {name: read_bytes(os.path.join(self.made, name)) for name in names}
        for changed, count in zip(names, (160, 160, 40)):
            for name in names:
                write(os.path.join(folder, name), good[name])
            for what, data in hostile.samples(changed, good[changed], self.count(count)):
                write(os.path.join(folder, changed), data)
                self.compare(f"{changed}, {what}", self.program_says(folder),
                             reader_says(verify_journal.main, "--no-events", folder))

    def check_forged_journals(self):
        for what, files in forged_journals.cases():
            folder = os.path.join(self.work, "forged")
            for name, data in files.items():
                write(os.path.join(folder, name), data)
            self.compare(f"journal, {what}", self.program_says(folder),
                         reader_says(verify_journal.main, "--no-events", folder))

    # ---- receipts, codes, slips ----

    def compare_evidence(self, what, data, *options):
        path = os.path.join(self.work, "evidence")
        write(path, data)
        program = self.program_says(*options, path)
        options = ["--vkey" if option == "--key" else option for option in options]
        reader = reader_says(verify_receipt.main, *options, path)
        self.compare(what, program, reader)
        return reader

    def receipts(self, kind):
        return sorted(glob.glob(os.path.join(self.made, "receipts", f"*.{kind}")))

    def check_receipts(self):
        for kind in ("tlog-proof", "codes"):
            paths = self.receipts(kind)
            self.expect(f"receipts with .{kind}", 7, len(paths))
            for path in paths:
                self.expect(path, ACCEPTED,
                            reader_says(verify_receipt.main, "--journal", self.made, path))
                self.compare(path, self.program_says(path), reader_says(verify_receipt.main, path))
            for what, data in hostile.samples(kind, read_bytes(paths[0]), self.count(120)):
                self.compare_evidence(f"{kind}, {what}", data)
        self.check_forged_files(read_bytes(self.receipts("tlog-proof")[0]))
        self.check_forged_codes(*map(read_bytes, self.receipts("codes")[:2]))

    def check_forged_files(self, good):
        for what, data in forged_evidence.files(good):
            self.compare_evidence(f"tlog-proof, {what}", data)
        vkey = verify_receipt.Receipt(good).vkey
        other = forged_evidence.other_key(vkey).text.decode()
        for key in (vkey.text.decode(), other, "no key"):
            self.compare_evidence(f"tlog-proof, expecting {key}", good, "--key", key)

    def check_forged_codes(self, one, other):
        for what, pieces in forged_evidence.prints(one.splitlines(), other.splitlines()):
            self.compare_evidence(f"codes, {what}", b"".join(pieces))
        packed, _ = verify_receipt.join_codes(one)
        head = b".".join(one.split(b".")[:3])
        for what, data in forged_evidence.repacked(packed):
            codes = forged_evidence.codes_of(data, head)
            self.compare_evidence(f"codes, packed: {what}", b"\n".join(codes))

    def check_slips(self):
        held = ["--journal", self.made]
        self.expect("slips", 4, len(self.slips))  # the last receipts have one checkpoint
        for slip in self.slips:
            self.expect(slip, ACCEPTED, self.compare_evidence(slip.decode(), slip + b"\n", *held))
        good = self.slips[0]
        for what, data in forged_evidence.slips(good):
            self.compare_evidence(f"slip, {what}", data, *held)
        for what, data in hostile.samples("slip", good + b"\n", self.count(40)):
            self.compare_evidence(f"slip, {what}", data, *held)


    def check_all(self):
        self.rehearse()
        self.check_programs()
        self.check_keyfiles()
        self.check_private()
        self.check_journal()
        self.check_forged_journals()
        self.check_receipts()
        self.check_slips()


def main():
    parser = bench_parser(__doc__)
    parser.add_argument("keyfile_class")
    parser.add_argument("root")
    return run_bench(Readers, parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
