"""Allocation of rooms and devices to starts."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from domain.scheduling.availability.blocked_starts import BlockedStarts
from domain.scheduling.availability.query import Candidate, Place, VisitRules


class Need(NamedTuple):
    """``quantity`` of the candidates at once; the first free ones are used."""

    kind: str
    quantity: int
    candidates: list[tuple[UUID, BlockedStarts]]


def needs(place: Place, rules: VisitRules, named: Iterable[UUID]) -> list[Need] | None:
    """Return the resources that a visit needs at the place; None if a named one is not there."""
    wanted = tuple(named)
    if not (rules.requires or wanted):
        return []
    at_place = {candidate.id: candidate for candidate in place.candidates}
    if not at_place.keys() >= set(wanted):
        return None
    found = [Need(at_place[id].kind, 1, [(id, _blocked(at_place[id], rules))]) for id in wanted]
    for kind in sorted(set(rules.requires)):
        missing = rules.requires.count(kind) - sum(need.kind == kind for need in found)
        if missing > 0:
            others = [c for c in place.candidates if c.kind == kind and c.id not in wanted]
            found.append(Need(kind, missing, [(c.id, _blocked(c, rules)) for c in others]))
    return found


def _blocked(candidate: Candidate, rules: VisitRules) -> BlockedStarts:
    return BlockedStarts(candidate.busy, rules, out_of_service=candidate.out_of_service)


def allocated(starts: range, needs: list[Need]) -> Iterator[tuple[range, tuple[UUID, ...]]]:
    """Yield the starts at which every need is met, in ranges that use the same resources."""
    position = 0
    while position < len(starts):
        start = starts[position]
        taken: list[UUID] = []
        is_met = True
        # The choice holds until a chosen resource gets busy or a skipped one gets free.
        until = starts.stop
        for need in needs:
            missing = need.quantity
            for id, blocked in need.candidates:
                if not missing:
                    break
                begins, ends = blocked.stretches
                at = bisect_right(ends, start)
                is_last = at == len(begins)
                if not is_last and begins[at] <= start:
                    until = min(until, ends[at])
                else:
                    missing -= 1
                    taken.append(id)
                    if not is_last:
                        until = min(until, begins[at])
            if missing:
                is_met = False
                break
        following = position + -((start - until) // starts.step)
        if is_met:
            yield starts[position:following], tuple(taken)
        position = following
