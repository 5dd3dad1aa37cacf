"""What the comparisons share: files to work with, what a reader says, and the count of it all."""
import argparse
import contextlib
import io
import os
import shutil
import tempfile

from common import EXIT_CODES, Refused

ACCEPTED = (0, "OK")


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o600)


def reader_says(main, *argv):
    """(exit code, class) of a reader."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return main(list(argv)), "OK"
    except Refused as refused:
        return EXIT_CODES[refused.code], refused.code


class Bench:
    """The programs, a folder to work in, and what was found."""

    def __init__(self, args, work):
        self.args = args
        self.work = work
        self.compared = 0
        self.refused = 0
        self.faults = []

    def count(self, number):
        return max(8, number // 10) if self.args.brief else number

    def some(self, cases):
        """All of them, or each tenth."""
        return list(cases)[::10 if self.args.brief else 1]

    def compare(self, what, program, reader):
        self.compared += 1
        self.refused += reader != ACCEPTED
        if program != reader:
            self.faults.append(f"{what}: claviger says {program}, the reader {reader}")

    def expect(self, what, wanted, found):
        self.compared += 1
        if wanted != found:
            self.faults.append(f"{what}: {found} instead of {wanted}")


def bench_parser(doc):
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    parser.add_argument("--brief", action="store_true", help="a tenth of the damaged files")
    parser.add_argument("claviger")
    return parser


def run_bench(kind, args):
    """Makes a bench of this kind and runs its check_all(). The exit code of a test."""
    work = tempfile.mkdtemp(prefix="claviger-readers-")
    try:
        bench = kind(args, work)
        bench.check_all()
    finally:
        shutil.rmtree(work)
    print("\n".join(bench.faults))
    print(f"{bench.compared} comparisons, {bench.refused} refused, {len(bench.faults)} disagreements")
    return 1 if bench.faults or not bench.refused else 0
