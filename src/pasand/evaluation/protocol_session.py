"""Protocol ``session``: the next item in a visit, anonymous.

Only the session's own earlier events are history; who the visitor is, and what they did before,
is not known. Sessions are the owner's own where the data have them, else visits: a member who
did nothing for more than an hour begins a new one. Whole sessions train or are tested: by the
owner's own test file where there is one, else the first 0.9 of sessions in stable order of their
beginning train. Every event from the second on is a target unless its item was in the session
before. Counts run up to the target's moment.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pasand.domain.interactions import Interactions
from pasand.domain.labels import begins_visit
from pasand.errors import InvalidInput
from pasand.evaluation.data import EvaluationData
from pasand.evaluation.live_counts import LiveCounts
from pasand.evaluation.splits import Rules, Split, choose_targets

__all__ = ["split", "visits"]


def split(data: EvaluationData, rules: Rules) -> Split:
    """Hold out later sessions whole.

    Raises:
        InvalidInput: the data have neither sessions nor times to find them by.
    """
    sessions = by_session(data)
    if data.held_out is not None:
        training, rule = ~data.held_out, "the owner's own test file"
    else:
        training = in_first_sessions(sessions, rules.quantile)
        rule = f"first {rules.quantile:g} of sessions"
    begun = np.ones(len(data), bool)
    begun[np.unique(sessions.member, return_index=True)[1]] = False
    targets = choose_targets(sessions, training, ~training & begun)
    return Split(
        training=sessions.where(training),
        targets=replace(targets, cold=np.zeros(len(targets), bool)),
        live=LiveCounts(sessions),
        rule=rule,
        timed=sessions.timed,
    )


def by_session(data: EvaluationData) -> Interactions:
    """Return the interactions with each session as a member of its own."""
    interactions = data.interactions
    if data.session is not None:
        code = np.unique(data.session, return_inverse=True)[1].astype(np.int32)
    elif interactions.timed:
        code = visits(interactions)
    else:
        raise InvalidInput(
            "Protocol session needs sessions, or times to find visits by; these data have neither.",
            field="protocol",
            fix="Use leave-one-out, which needs the order alone.",
        )
    names = tuple(f"s{number}" for number in range(int(code.max(initial=-1)) + 1))
    return replace(interactions, member=code, member_ids=names)


def visits(interactions: Interactions) -> NDArray[np.int32]:
    """Return the visit of each event, numbered member by member."""
    order = np.argsort(interactions.member, kind="stable")
    member, at_ms = interactions.member[order], interactions.at_ms[order]
    begins = np.ones(len(order), bool)
    begins[1:] = (member[1:] != member[:-1]) | begins_visit(np.diff(at_ms))
    visit = np.empty(len(order), np.int32)
    visit[order] = np.cumsum(begins) - 1
    return visit


def in_first_sessions(sessions: Interactions, quantile: float) -> NDArray[np.bool_]:
    """Return which events belong to the first sessions; rows are in order of time."""
    _, first_row = np.unique(sessions.member, return_index=True)
    order = np.argsort(first_row, kind="stable")
    early = np.zeros(len(order), bool)
    early[order[: int(quantile * len(order))]] = True
    return early[sessions.member]
