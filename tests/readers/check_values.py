"""Check values of 32-byte keys, as defined in docs/formats/keyfile.md.

    check_values.py PAGE        computes the table of keys on that page again, and compares
"""
import re

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from common import Refused, read_bytes, run, sha256


def compute(key):
    """Every check value by its name."""
    digest = sha256(b"\1" + key)
    cmac = CMAC(algorithms.AES(key))
    cmac.update(bytes(16))
    ecb = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return {
        "EP11-VP": digest,
        "CCA-MKVP": digest[:8],
        "WKVP": digest[:16],
        "KCV-CMAC0": cmac.finalize()[:5],
        "KCV-ECB0": (ecb.update(bytes(16)) + ecb.finalize())[:3],
    }


def of_part(part, typed):
    """What may be said of a part, as docs/formats/events.md has it."""
    digits = {name: value.hex() for name, value in compute(part).items()}
    digits["KCV-CMAC0"] = digits["KCV-CMAC0"][:6]
    names = ("KCV-CMAC0", "KCV-ECB0") if typed else digits
    return ", ".join(f"{name} {digits[name]}" for name in names)


def keys_of_page(page):
    """(key, {name: value}) for each list of the page that begins with a line `K <64 digits>`."""
    block = re.search(r"```check-values\n(.*?)```", page, re.DOTALL)
    if not block:
        raise Refused("E-FORMAT", "the page has no table of keys")
    for group in block[1].strip().split("\n\n"):
        lines = dict(line.split() for line in group.split("\n"))
        yield bytes.fromhex(lines.pop("K")), lines


def main(argv):
    if len(argv) != 1:
        raise Refused("E-USAGE", "check_values.py docs/formats/keyfile.md")
    num_keys = 0
    for key, expected in keys_of_page(read_bytes(argv[0]).decode()):
        found = {name: value.hex() for name, value in compute(key).items()}
        if found != expected:
            raise Refused("E-FORGED", f"key {key.hex()}: {found}")
        num_keys += 1
    print(f"{num_keys} keys, every check value as on the page")
    return 0 if num_keys else 1


if __name__ == "__main__":
    run(main)
