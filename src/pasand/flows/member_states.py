"""What the sequence model makes of members' histories, kept between pages.

A history is encoded when its member does something, off the request; a page then only takes the
newest event through the model, with the time and device of the request. At most so many bytes are
kept, of those who were asked for last; for others the page encodes.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pasand.domain.profile import Profile
from pasand.domain.weights import Weights
from pasand.model_ports import Inference
from pasand.ports import Timer
from pasand.stages.models import Models, Vocabulary
from pasand.stages.recent_events import recent_events
from pasand.stages.scoring.sequence import inputs_of
from pasand.stages.scoring.sequence_network import sequence_inference

__all__ = ["Encoded", "MemberStates", "states_of"]

_log = logging.getLogger(__name__)

BYTES_MAX = 128 * 2**20
#: How long a tick encodes at most.
REFRESH_S = 0.05

Encoded = Mapping[str, Any]


class MemberStates:
    """Encoded histories by member, for one snapshot. Callable from several threads."""

    def __init__(
        self,
        inference: Inference,
        vocabulary: Vocabulary,
        size: tuple[int, bool],
        weights: Weights,
        bytes_max: int = BYTES_MAX,
    ) -> None:
        self._inference = inference
        self._vocabulary = vocabulary
        self._window, self._timed = size
        self._weights = weights
        self._bytes_max = bytes_max
        self._kept: OrderedDict[str, tuple[Any, Encoded | None, int]] = OrderedDict()
        self._changed: dict[str, None] = {}
        self._bytes = 0
        self._lock = threading.Lock()

    def of(self, profile: Profile) -> Encoded | None:
        """Return what the model makes of a history, encoding it unless that is known already."""
        member_id = profile.member_id
        with self._lock:
            known = self._kept.get(member_id)
            if known is not None and known[0] == profile.last_key:
                self._kept.move_to_end(member_id)
                return known[1]
        encoded = self._encode(profile)
        self._keep(member_id, profile.last_key, encoded)
        return encoded

    def note(self, member_ids: Iterable[str]) -> None:
        """Take notice that members did something; those kept are encoded anew at ``refresh``."""
        with self._lock:
            self._changed.update((name, None) for name in member_ids if name in self._kept)

    def refresh(self, profile_of: Callable[[str], Profile], timer: Timer) -> None:
        """Encode changed histories, the oldest change first, for a small while."""
        end_s = timer() + REFRESH_S
        while timer() < end_s:
            with self._lock:
                if not self._changed:
                    return
                member_id = next(iter(self._changed))
                del self._changed[member_id]
            self.of(profile_of(member_id))

    def forget(self, member_ids: Iterable[str]) -> None:
        """Let go of members who are erased."""
        with self._lock:
            for member_id in member_ids:
                self._changed.pop(member_id, None)
                if (kept := self._kept.pop(member_id, None)) is not None:
                    self._bytes -= kept[2]

    def _encode(self, profile: Profile) -> Encoded | None:
        events = recent_events(profile, self._weights, self._vocabulary, self._window)
        if not len(events):
            return None
        try:
            made = self._inference.run(inputs_of(events, None, 0, self._timed))
        except AssertionError:
            raise
        except Exception:
            # A page is made without: its source will fail too, and says so on the page's record.
            _log.exception("the sequence model could not read a history")
            return None
        return {name: made[name] for name in ("key", "value")}

    def _keep(self, member_id: str, key: Any, encoded: Encoded | None) -> None:
        size = sum(array.nbytes for array in encoded.values()) if encoded else 0
        with self._lock:
            if (before := self._kept.pop(member_id, None)) is not None:
                self._bytes -= before[2]
            self._kept[member_id] = (key, encoded, size)
            self._bytes += size
            while self._bytes > self._bytes_max:
                _, (_, _, freed) = self._kept.popitem(last=False)
                self._bytes -= freed


def states_of(models: Models, weights: Weights) -> MemberStates | None:
    """Return the keeper of a snapshot's states, None where it has no sequence model."""
    inference, size = sequence_inference(models), models.get("sequence.size")
    if inference is None or size is None:
        return None
    vocabulary = Vocabulary(models.get("sequence.item_ids") or ())
    return MemberStates(inference, vocabulary, (int(size[3]), bool(size[4])), weights)
