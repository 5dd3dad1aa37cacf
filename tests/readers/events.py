"""Entries of a ceremony's journal as docs/formats/events.md describes them.

The tables of the page are read from the page: a member that is not there does not exist.
"""
import json
import os
import re

from common import Refused, read_bytes

PAGE = os.path.join(os.path.dirname(__file__), "../../docs/formats/events.md")
SHORT_TEXTS = {"name", "file", "administrator", "check", "command", "location", "happened",
               "approved-by", "kind", "ending", "outcome"}
OUTCOMES = {"done", "refused", "not-sent", "in-doubt", "untrusted"}
REGISTERS = {"new": {"Empty", "Full uncommitted", "Full committed"}, "current": {"Empty", "Valid"}}
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


def table_of(text):
    """{event: [(member, type)]} of the table headed `event | members`."""
    table = {}
    rows = text[text.index("| event | members"):].split("\n")[2:]
    for row in rows:
        if not row.startswith("| `"):
            break
        event, members = row.split("|")[1:3]
        table[event.strip(" `")] = re.findall(
            r"`([a-z0-9-]+)` \((true or false|name of a [a-z]+|[a-z]+)", members)
    return table


def names_of(text):
    """{"phase": {...}, "decision": {...}}"""
    return {what: set(re.findall("`([^`]+)`", text[text.index(f"| {what} | `"):].split("\n")[0]))
            for what in ("phase", "decision")}


TEXT = read_bytes(PAGE).decode()
CEREMONY = table_of(TEXT)
NAMES = names_of(TEXT)


def is_number(value):
    return type(value) is int and 0 <= value <= 0xFFFFFFFF


def is_hex(value, digits):
    return isinstance(value, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", value) is not None


def is_state(value):
    members = ["imprint", "administrators", "signature-threshold", "revocation-threshold", "new",
               "new-pattern", "current", "current-pattern"]
    return (isinstance(value, dict) and list(value) == members and type(value["imprint"]) is bool
            and isinstance(value["administrators"], list) and len(value["administrators"]) <= 8
            and all(is_hex(ski, 64) for ski in value["administrators"])
            and is_number(value["signature-threshold"])
            and is_number(value["revocation-threshold"])
            and all(value[register] in names for register, names in REGISTERS.items())
            and is_hex(value["new-pattern"], 64) and is_hex(value["current-pattern"], 64))


def is_text(event, name, value):
    short = name in SHORT_TEXTS or (event, name) == ("opened", "ceremony")
    return isinstance(value, str) and len(value.encode()) <= (256 if short else 511)


def fits(event, name, kind, value):
    if kind == "number":
        return is_number(value)
    if kind == "hex":
        return is_hex(value, 32 if name in ("counter", "module") else 64)
    if kind == "true or false":
        return type(value) is bool
    if kind == "object":
        return is_state(value)
    if kind.startswith("name of a "):
        return value in NAMES[kind.removeprefix("name of a ")]
    return is_text(event, name, value) and (name != "outcome" or value in OUTCOMES)


def no_repeats(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member stands twice")
    return members


def check(entry, number):
    """Reads one entry; refuses what the page does not have. Returns its members."""
    try:
        members = json.loads(entry, object_pairs_hook=no_repeats)
    except ValueError as problem:
        raise Refused("E-FORMAT", f"entry {number}: {problem}") from None
    event = members.get("event") if isinstance(members, dict) else None
    if event not in CEREMONY:
        raise Refused("E-FORMAT", f"entry {number}: unknown event {event!r}")
    if list(members) != ["event", "time"] + [name for name, _ in CEREMONY[event]]:
        raise Refused("E-FORMAT", f"entry {number}: other members than {event} has")
    if not isinstance(members["time"], str) or not TIME.fullmatch(members["time"]):
        raise Refused("E-FORMAT", f"entry {number}: time")
    for name, kind in CEREMONY[event]:
        if not fits(event, name, kind, members[name]):
            raise Refused("E-FORMAT", f"entry {number}: {name} is {members[name]!r}")
    again = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    if again != entry and "\\" not in entry:
        raise Refused("E-FORMAT", f"entry {number}: another spelling")
    return members
