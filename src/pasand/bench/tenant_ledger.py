"""What two tenants do with their ledgers, side by side, for ``tenants.py``."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from pasand.domain.rules import Rule
from pasand.ports import Key

if TYPE_CHECKING:
    from pasand.bench.tenants import Tenant

__all__ = ["read_ledger", "write_ledger"]


def write_ledger(own: Tenant, other: Tenant, chance: random.Random) -> None:
    """Write a key, a promotion, a rule or a note, under names that the other tenant uses too."""
    number = chance.randrange(4)
    if number == 0:
        key = Key(f"k{chance.randrange(4)}", own.mark, (own.mark,), own.mark, 1)
        own.ledger.put_key(key)
        own.keys[key.key_id] = key
    elif number == 1:
        own.promoted.append(f"{own.mark}{chance.randrange(3)}")
        own.ledger.promote(own.promoted[-1], 1)
    elif number == 2:
        rule = Rule(rule_id=f"r{chance.randrange(4)}", text=own.mark, removed=chance.random() < 0.3)
        own.rule_version = own.ledger.put_rule(rule)
        own.rules[rule.rule_id] = rule
    else:
        own.ledger.put_note(name := f"n{chance.randrange(4)}", own.mark)
        own.notes[name] = own.mark


def read_ledger(own: Tenant, other: Tenant, chance: random.Random) -> None:
    """Read everything, and hold it against what this tenant wrote."""
    own.same("keys", own.ledger.keys(), [own.keys[name] for name in sorted(own.keys)])
    own.same("the live snapshot", own.ledger.live_snapshot(), (own.promoted or [""])[-1])
    own.same("promotions", [p.snapshot_id for p in own.ledger.promotions()], own.promoted)
    own.same("the rules", own.ledger.rules(), list(own.rules.values()))
    own.same("the rules' version", own.ledger.rule_version(), own.rule_version)
    notes = [own.ledger.note(f"n{n}") for n in range(4)]
    own.same("notes", notes, [own.notes.get(f"n{n}", "") for n in range(4)])
