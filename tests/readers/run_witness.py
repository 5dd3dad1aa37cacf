"""Runs `claviger cosign` on good, damaged and forged requests, memories and cosignatures: program and
reader have to agree on what is signed or taken, and else on the class of error.

    run_witness.py [--brief] CLAVIGER
"""
import json
import os
import subprocess
import sys

import forged_witness as forged
import hostile
import witness
from bench import ACCEPTED, Bench, bench_parser, reader_says, run_bench, write
from common import Checkpoint, read_bytes
from forged_journals import KEY, OTHER, VKEY, journal, note

PASSWORD = b"correct horse battery staple, twice over\n"
# When everything else holds, the key from a code is compared with paper and the witness's key opened:
# without --confirm and a password that is how it ends.
ASKS = (b'--confirm "trust', b"--password-fd is missing")


class Witnesses(Bench):
    """A witness's machine, and a ceremony's folder."""

    def __init__(self, args, work):
        super().__init__(args, work)
        self.home = os.path.join(work, "home")
        self.keys = os.path.join(self.home, "keys")
        self.folder = os.path.join(work, "journal")
        self.file = os.path.join(work, "file")
        self.env = dict(os.environ, HOME=self.home, CLOUDTKEFILES=self.keys,
                        XDG_STATE_HOME=os.path.join(self.home, "state"),
                        XDG_CONFIG_HOME=os.path.join(self.home, "config"))
        self.witness = None
        self.seen = None

    def claviger(self, *argv, password=b""):
        """The finished process; a password is read from standard input."""
        fd = ["--password-fd", "0"] if password else []
        return subprocess.run([self.args.claviger, *argv, *fd], input=password, capture_output=True,
                              env=self.env, check=False)

    def says(self, done):
        """(exit code, class)"""
        if any(asked in done.stderr for asked in ASKS):
            return ACCEPTED
        code = done.stderr.split()[-1].decode() if done.stderr and done.returncode else "OK"
        return done.returncode, code

    # ---- the witness's machine ----

    def make_key(self):
        os.makedirs(self.keys, 0o700)
        done = self.claviger("witness-key-add", "--test", "--name", "Wen Li", "--json", password=PASSWORD)
        if done.returncode != 0:
            raise SystemExit(f"no key of a witness: {done.stderr}")
        made = json.loads(done.stdout)
        self.witness = witness.WitnessKey(self.find(made, "witness-key").encode())
        self.seen = os.path.join(self.keys, self.find(made, "file").removesuffix(".clvkey") + ".seen")

    def find(self, value, name):
        if isinstance(value, dict):
            return value.get(name) or next(filter(None, (self.find(v, name) for v in value.values())), None)
        return None

    def remember(self, memory):
        if os.path.lexists(self.seen):
            os.remove(self.seen)
        if memory is not None:
            write(self.seen, memory)

    def compare_request(self, what, data, memory=None, vkey=VKEY):
        self.remember(memory)
        write(self.file, data)
        key = ["--key", vkey.text.decode()] if vkey else []
        program = self.says(self.claviger("cosign", "--test", self.file, *key))
        reader = reader_says(lambda _: witness.decide(data, self.witness, memory, vkey) or 0)
        self.compare(f"cosign, {what}", program, reader)
        return reader

    def check_requests(self):
        for what, data, size in self.some(forged.grown()):
            memory = self.memory(size) if size else None
            reader = self.compare_request(f"request, {what}", data, memory)
            if reader == ACCEPTED:
                codes = self.codes_of(data)
                self.expect(what, ACCEPTED, self.compare_request(f"codes, {what}", codes, memory, None))
        for what, data in self.some(forged.notes()):
            self.compare_request(f"request, {what}", data)
        for old, memory in ((0, None), (6, self.memory(6))):
            data = forged.request(old, 21)
            for what, damaged in hostile.samples("request", data, self.count(20)):
                self.compare_request(f"request from {old}, {what}", damaged, memory)

    def memory(self, size):
        return forged.memory_of(self.witness, size) if size <= 21 else forged.memory_of(
            self.witness, size, bytes(32))

    def codes_of(self, data):
        return b"\n".join(witness.write_codes(forged.packed_of(data))) + b"\n"

    def check_codes(self):
        data = forged.request(6, 21)
        memory, codes = self.memory(6), self.codes_of(data)
        other = self.codes_of(forged.request(0, 9))
        for what, printed in self.some(forged.prints(codes, other)):
            self.compare_request(f"codes, {what}", printed, memory)
        for what, packed in self.some(forged.repacked(forged.packed_of(data))):
            text = b"\n".join(witness.write_codes(packed))
            self.compare_request(f"codes, packed: {what}", text, memory)
            self.compare_request(f"codes, packed: {what}, no key from paper", text, None, None)
        for what, damaged in hostile.samples("request-codes", codes, self.count(20)):
            self.compare_request(f"codes, {what}", damaged, memory)
        for what, memory in (("nobody's", None), ("another journal's", self.memory(6))):
            self.compare_request(f"codes, expecting another key, {what}", codes, memory, OTHER)
        self.compare_request("request, no key from anywhere", data, None, None)

    def check_memories(self):
        data = forged.request(3, 21)
        for what, memory in self.some(forged.memories(self.witness)):
            self.compare_request(f"memory, {what}", data, memory)
        good = self.memory(3)
        for what, damaged in hostile.samples("memory", good, self.count(20)):
            self.compare_request(f"memory, {what}", data, damaged)
        body = good[:good.rindex(b"checksum")]
        for what, damaged in hostile.samples("memory-body", body, self.count(20)):
            memory = witness.with_checksum(damaged)
            self.compare_request(f"memory, {what}, checksum made again", data, memory)
        self.remember(good)
        os.chmod(self.seen, 0o640)
        done = self.claviger("cosign", "--test", self.file, "--key", VKEY.text.decode())
        self.expect("memory that others may read", (7, "E-PERMISSION"), self.says(done))

    # ---- the ceremony's machine ----

    def begin_journal(self):
        """21 entries, the last checkpoint covers all. Its text is what is cosigned."""
        files = journal(forged.ENTRIES, [note(forged.ENTRIES, 6), note(forged.ENTRIES, 21)])
        files["journal.key"] = b"claviger journal key v1\n" + bytes(KEY).hex().encode() + b"\n"
        for name, data in files.items():
            write(os.path.join(self.folder, name), data)
        os.chmod(self.folder, 0o700)
        text, _, signatures = note(forged.ENTRIES, 21)[:-1].partition(b"\n\n")
        return Checkpoint(text.split(b"\n"), signatures.split(b"\n")[:-1], "E-FORMAT")

    def compare_cosignature(self, what, data, key):
        """Against a journal that nobody cosigned yet."""
        checkpoint = self.begin_journal()
        write(self.file, data)
        program = self.says(self.claviger("cosign", "--add", self.folder, "--witness-key",
                                          key.text.decode(), self.file))

        def read(_):
            witness.Cosignature.read(data).check(key, checkpoint)
            return 0
        self.compare(f"cosignature, {what}", program, reader_says(read))

    def check_cosignatures(self):
        signer = forged.Signer(bytes(range(1, 33)))
        checkpoint = self.begin_journal()
        for what, data in self.some(forged.cosignatures(signer, checkpoint.signed)):
            self.compare_cosignature(what, data, signer.witness)
        good = signer.cosign(checkpoint.signed)
        for what, data in (("line", good.line(signer.witness)), ("code", forged.code_of(good.packed())),
                           ("rows", b"\n".join(witness.write_rows(good.packed())))):
            for how, damaged in hostile.samples(f"cosignature-{what}", data, self.count(16)):
                self.compare_cosignature(f"{what}, {how}", damaged, signer.witness)

    # ---- there and back, with a password ----

    def check_walk(self):
        """The real witness signs; what they printed, and what they remember then, is read."""
        checkpoint = self.begin_journal()
        self.remember(None)
        codes = self.claviger("checkpoint", self.folder).stdout
        self.expect("codes of a checkpoint", self.codes_of(forged.request(0, 21)), codes)
        write(self.file, codes)
        done = self.claviger("cosign", "--test", self.file, "--key", VKEY.text.decode(), password=PASSWORD)
        self.expect("a cosignature", 0, done.returncode)
        self.expect("its reader", ACCEPTED, reader_says(lambda _: witness.Cosignature.read(
            done.stdout).check(self.witness, checkpoint) or 0))
        remembered = witness.read_memory(read_bytes(self.seen), self.witness)
        self.expect("memory", [(VKEY.text, 21, forged.root_at(21))],
                    [(key.text, size, root) for key, (size, root, _) in remembered.items()])
        self.compare_cosignature("as printed", done.stdout, self.witness)

    def check_all(self):
        self.make_key()
        self.check_requests()
        self.check_codes()
        self.check_memories()
        self.check_cosignatures()
        self.check_walk()


if __name__ == "__main__":
    sys.exit(run_bench(Witnesses, bench_parser(__doc__).parse_args()))
