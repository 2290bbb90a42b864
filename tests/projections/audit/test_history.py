"""Histories: every event of an aggregate, in sentences and changed fields."""

import importlib
import pkgutil

import domain
from domain.kernel.aggregate import Aggregate
from domain.kernel.personal_data import ERASED
from domain.kernel.time_range import TimeRange
from projections.audit.history.queries import HistoryLine
from projections.audit.history.sentences import SENTENCES
from tests.support.container import Container, by_test
from tests.support.random_history import NOW, RandomHistory


def history_lines(
    container: Container, history: RandomHistory, aggregate: Aggregate, *, with_visits: bool = True
) -> list[HistoryLine]:
    container.runner().catch_up(history.tenant_id)
    return list(container.history().page(history.tenant_id, aggregate.id, with_visits=with_visits).lines)


class TestVisit:
    def test_lists_all_events_since_its_booking(self, container: Container, history: RandomHistory) -> None:
        patient = history.register()
        visit = history.book(patient)
        history.log.record(patient, visit, by=by_test())
        before = visit.starts_at
        to = TimeRange(visit.ends_at, visit.ends_at + (visit.ends_at - visit.starts_at))
        visit.reschedule(to, visit.resource_ids, NOW)
        visit.cancel("Grippe, נדחה", NOW)
        position = history.log.record(visit, by=by_test())

        booked, moved, cancelled = history_lines(container, history, visit)

        assert [line.sentence for line in (booked, moved, cancelled)] == [
            "The visit was booked",
            "The visit was moved",
            "The visit was cancelled",
        ]
        assert (booked.changes, booked.event.version, booked.kind) == ([], 1, "appointment")
        [start] = [change for change in moved.changes if change.field == "starts_at"]
        assert (start.before, start.after) == (text(before), text(to.starts_at))
        assert cancelled.personal == {"reason": "Grippe, נדחה"}
        assert (cancelled.event.position, cancelled.event.actor, cancelled.event.effective_at) == (
            position,
            "test",
            NOW,
        )

    def test_hides_the_reason_once_its_patient_was_erased(self, container: Container, history: RandomHistory) -> None:
        patient = history.register()
        visit = history.book(patient)
        visit.cancel("Grippe", NOW)
        history.log.record(patient, visit, by=by_test())
        history.erase(patient)

        _, cancelled = history_lines(container, history, visit)

        assert cancelled.personal is ERASED
        assert "Grippe" not in repr(cancelled)


class TestPatient:
    def test_includes_the_events_of_their_visits(self, container: Container, history: RandomHistory) -> None:
        patient, other = history.register(), history.register()
        visit, others_visit = history.book(patient), history.book(other)
        history.log.record(patient, other, visit, others_visit, by=by_test())
        visit.check_in(visit.starts_at)
        others_visit.check_in(others_visit.starts_at)
        history.log.record(visit, others_visit, by=by_test())

        lines = history_lines(container, history, patient)

        assert [line.sentence for line in lines] == [
            "The patient was registered",
            "The visit was booked",
            "The patient arrived",
        ]
        own = history_lines(container, history, patient, with_visits=False)
        assert [line.sentence for line in own] == ["The patient was registered"]

    def test_shows_changed_fields_with_their_earlier_values(self, container: Container, history: RandomHistory) -> None:
        patient = history.register(given_name="Noa", family_name="Cohen", email="noa@example.org")
        history.log.record(patient, by=by_test())
        changed = history.details(given_name="Noa", family_name="Levi", email="noa@example.org")
        patient.change_details(changed, NOW)
        history.log.record(patient, by=by_test())

        _, line = history_lines(container, history, patient)

        changes = {change.field: (change.before, change.after) for change in line.changes}
        assert changes["family_name"] == ("Cohen", "Levi")
        assert "given_name" not in changes
        assert "email" not in changes

    def test_pages_know_the_values_of_earlier_pages(self, container: Container, history: RandomHistory) -> None:
        patient = history.register(family_name="Cohen")
        history.log.record(patient, by=by_test())
        patient.change_details(history.details(family_name="Levi"), NOW)
        history.log.record(patient, by=by_test())
        container.runner().catch_up(history.tenant_id)

        first = container.history().page(history.tenant_id, patient.id, limit=1)
        assert first.after is not None
        second = container.history().page(history.tenant_id, patient.id, limit=1, after=first.after)

        [line] = second.lines
        assert ("Cohen", "Levi") in [(change.before, change.after) for change in line.changes]
        assert second.after is None


class TestRoom:
    def test_includes_the_visits_it_was_booked_for(self, container: Container, history: RandomHistory) -> None:
        history.append_events(80, batch_size=10)
        container.runner().catch_up(history.tenant_id)
        room = history.rooms[0]

        lines = container.history().page(history.tenant_id, room, limit=1000).lines

        booked = {line.event.stream_id for line in lines}
        assert booked >= {visit.id for visit in history.appointments if room in visit.resource_ids}
        assert [line.event.position for line in lines] == sorted({line.event.position for line in lines})


class TestForeignPractice:
    def test_has_no_lines(self, container: Container, history: RandomHistory) -> None:
        patient = history.register()
        history.log.record(patient, by=by_test())
        container.runner().catch_up(history.tenant_id)

        assert container.history().page(container.practice().tenant_id, patient.id).lines == []


class TestSentences:
    def test_exist_for_every_event_type(self) -> None:
        for module in pkgutil.walk_packages(domain.__path__, "domain."):
            importlib.import_module(module.name)
        topics = {vars(kind)["TOPIC"] for kind in kinds_of(Aggregate.Event) if "TOPIC" in vars(kind) and is_ours(kind)}

        assert topics == set(SENTENCES)


def kinds_of(kind: type[Aggregate.Event]) -> set[type[Aggregate.Event]]:
    return {kind}.union(*(kinds_of(narrower) for narrower in kind.__subclasses__()))


def is_ours(kind: type) -> bool:
    return kind.__module__.startswith("domain.")


def text(instant: object) -> str:
    return str(instant).replace(" ", "T").replace("+00:00", "Z")
