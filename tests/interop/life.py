"""What the public SDK does to a service instance, in its order of calls (docs/protocol.md b.14):
query, update towards a wanted configuration, zeroize."""
from collections import namedtuple

import messages as m

Wanted = namedtuple("Wanted", "administrators signatures revocations")  # {SKI: (name, signer)}
State = namedtuple("State", "attributes administrators registers")

WK_IMPORT, WK_EXPORT, WK_1PART, WK_RANDOM = 0x1, 0x2, 0x4, 0x8
ZERO_1SIGN, DO_NOT_DISTURB, MAY_CHANGE_DISTURB = 0x40, 0x2000, 0x80000000


def wanted(people, signatures, revocations):
    """people: (name, signer) pairs."""
    rows = {signer.ski: (name, signer) for name, signer in people}
    return Wanted(rows, signatures, revocations)


def look(client, unit):
    attributes = client.attributes(unit)
    administrators = client.administrators(unit)
    for ski in administrators:
        client.query(unit, m.Q_ADMIN, ski)
    return State(attributes, administrators, client.registers(unit))


def query(client):
    """What there is, by hsm_id."""
    client.discover()
    return {unit.hsm_id: look(client, unit) for unit in client.units}


# ---- administrators and thresholds ----


def permissions_for(unit, permissions):
    permissions |= ZERO_1SIGN | WK_IMPORT | WK_1PART
    if unit.kind == "recovery":
        permissions |= WK_RANDOM | WK_EXPORT
    else:
        permissions &= ~WK_EXPORT
    if permissions & MAY_CHANGE_DISTURB:
        permissions = (permissions | DO_NOT_DISTURB) & ~MAY_CHANGE_DISTURB
    return permissions


def set_attributes(client, unit, wish, signers):
    values = client.attributes(unit)
    values[1], values[2] = wish.signatures, wish.revocations
    values[3] = permissions_for(unit, values[3])
    client.command(unit, m.SET_ATTR, m.write_attributes(values), signers)


def update_people(client, unit, state, wish):
    """The new ones are added before the old ones go. In imprint mode neither needs a signature, and
    the attributes as many as the new threshold says."""
    own = wish.administrators
    kept = [own[ski][1] for ski in own if ski in state.administrators]
    threshold, revocation = state.attributes[1], state.attributes[2]
    for ski, (name, signer) in own.items():
        if ski not in state.administrators:
            client.command(unit, m.LOGIN, signer.certificate(name), kept[:threshold])
    everybody = [signer for _, signer in own.values()]
    for ski in state.administrators - own.keys():
        client.command(unit, m.LOGOUT, ski, everybody[:revocation])
    set_attributes(client, unit, wish, everybody[: threshold or wish.signatures])


# ---- master keys ----


def copy_key(client, source, unit, wish):
    """From the recovery unit into another one, sealed for its importer key in one part."""
    signers = [signer for _, signer in wish.administrators.values()]
    enough = signers[: wish.signatures]
    importer = client.command(unit, m.GEN_IMPORTER, m.u32(3), signers[:1])
    answer = client.command(source, m.EXPORT_WK, m.export_request(m.key_bits(importer)), enough)
    part = m.read_parameters(answer)[0x19, 0]
    client.import_parts(unit, [part], signers[:1])
    found = client.registers(unit)
    client.command(unit, m.COMMIT_WK, found.new, enough)
    found = client.registers(unit)
    client.command(unit, m.FINALIZE_WK, found.new, signers[:1])


def update_keys(client, states, wish):
    empty = [unit for unit in client.units if states[unit.hsm_id].registers.current is None]
    recovery = [unit for unit in client.units if unit.kind == "recovery"]
    source = next((unit for unit in recovery if unit not in empty), recovery[0])
    if source in empty:
        one = [signer for _, signer in wish.administrators.values()][:1]
        client.command(source, m.GEN_WK, b"", one)
    for unit in empty:
        if unit is not source:
            copy_key(client, source, unit, wish)


def update(client, wish):
    states = query(client)
    in_imprint = [unit for unit in client.units if states[unit.hsm_id].attributes[1] == 0]
    for unit in in_imprint:
        client.command(unit, m.ZEROIZE)
    if in_imprint:
        states = query(client)
    for unit in client.units:
        update_people(client, unit, states[unit.hsm_id], wish)
    update_keys(client, states, wish)


def zeroize(client, signers):
    """signers: enough for a unit outside imprint mode that allows one signature."""
    for hsm_id, state in query(client).items():
        unit = next(unit for unit in client.units if unit.hsm_id == hsm_id)
        one = state.attributes[3] & ZERO_1SIGN
        needed = min(state.attributes[1], 1) if one else state.attributes[1]
        mine = [signer for signer in signers if signer.ski in state.administrators]
        client.command(unit, m.ZEROIZE, b"", mine[:needed])
