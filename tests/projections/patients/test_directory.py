"""The patient directory: search in sealed data, and erasure."""

from uuid import UUID

import pytest

from tests.projections.view_checks import rows_of
from tests.support.container import Container, by_test
from tests.support.random_history import NOW, RandomHistory


@pytest.fixture
def directory(container: Container, history: RandomHistory) -> RandomHistory:
    for given, family, email, phone in (
        ("Jürgen", "Müller-Lüdenscheidt", "j.mueller@example.org", "+493090182000"),
        ("נועה", "כהן", "noa@example.org", "+972501234567"),
        ("Anna", "Müller", None, None),
        ("Anna", "Müllerschön", None, None),
        ("Siobhán", "O'Brien", None, None),
        ("María", "García Márquez", None, None),
    ):
        patient = history.register(given_name=given, family_name=family, email=email, phone=phone)
        history.log.record(patient, by=by_test())
    container.runner().catch_up(history.tenant_id)
    return history


def found(container: Container, tenant_id: UUID, text: str) -> list[str]:
    page = container.patients().search(tenant_id, text)
    return [f"{one.details.given_name} {one.details.family_name}" for one in page.patients if one.details]


class TestSearch:
    @pytest.mark.parametrize(
        ("text", "names"),
        [
            ("J.Mueller@Example.org", ["Jürgen Müller-Lüdenscheidt"]),
            ("030 90182000", ["Jürgen Müller-Lüdenscheidt"]),
            ("050-123-4567", ["נועה כהן"]),
            ("כה", ["נועה כהן"]),
            ("נועה כהן", ["נועה כהן"]),
            ("müller", ["Jürgen Müller-Lüdenscheidt", "Anna Müller", "Anna Müllerschön"]),
            ("MULLERSC", ["Anna Müllerschön"]),
            ("anna mü", ["Anna Müller", "Anna Müllerschön"]),
            ("Müller Anna", ["Anna Müller", "Anna Müllerschön"]),
            ("lüdenscheidt", ["Jürgen Müller-Lüdenscheidt"]),
            ("obrien", ["Siobhán O'Brien"]),
            ("marquez maria", ["María García Márquez"]),
            ("müllerchen", []),
            ("nobody@example.org", []),
            ("Anna", []),
            ("", []),
            ("' or 1=1 --", []),
        ],
    )
    def test_finds_patients_by_text(
        self, container: Container, directory: RandomHistory, text: str, names: list[str]
    ) -> None:
        assert found(container, directory.tenant_id, text) == names

    def test_finds_a_new_name_and_no_longer_the_old_one(self, container: Container, directory: RandomHistory) -> None:
        anna = directory.patients[2]
        changed = directory.register(given_name="Anna", family_name="Weiß", email=None, phone=None)
        directory.patients.pop()
        anna.change_details(changed.details, NOW)
        directory.log.record(anna, by=by_test())
        container.runner().catch_up(directory.tenant_id)

        assert found(container, directory.tenant_id, "weiss") == ["Anna Weiß"]
        assert found(container, directory.tenant_id, "anna müller") == ["Anna Müllerschön"]

    def test_finds_nobody_of_another_practice(self, container: Container, directory: RandomHistory) -> None:
        other = container.practice()

        assert found(container, other.tenant_id, "müller") == []

    def test_comes_in_pages(self, container: Container, directory: RandomHistory) -> None:
        first = container.patients().search(directory.tenant_id, "müller", limit=2)
        second = container.patients().search(directory.tenant_id, "müller", limit=2, after=first.after)

        assert [len(first.patients), len(second.patients)] == [2, 1]
        assert second.after is None

    def test_is_served_by_an_index_under_row_level_security(
        self, container: Container, directory: RandomHistory
    ) -> None:
        with container.app_transaction(directory.tenant_id) as cursor:
            cursor.execute("set local enable_seqscan = off")
            # One token: for several tokens in a small practice a full scan may be cheaper.
            plan = cursor.execute(
                "explain select patient_id from patients.search_term where tenant_id = %s and token = %s",
                (directory.tenant_id, 1),
            ).fetchall()

        assert any("search_term_pkey" in line for (line,) in plan)
        assert any("token = " in line for (line,) in plan if "Index Cond" in line)


class TestErasedPatient:
    def test_keeps_a_row_without_personal_data(self, container: Container, directory: RandomHistory) -> None:
        noa = directory.patients[1]
        directory.erase(noa)
        container.runner().catch_up(directory.tenant_id)

        record = container.patients().patient(directory.tenant_id, noa.id)
        rows = rows_of(container, directory.tenant_id)

        assert record is not None
        assert (record.is_erased, record.details) == (True, None)
        assert (
            found(container, directory.tenant_id, "כהן")
            == found(container, directory.tenant_id, "noa@example.org")
            == []
        )
        assert noa.id not in {row[2] for row in rows["patients.search_term"]}
        [row] = [row for row in rows["patients.patient"] if row[1] == noa.id]
        assert row[2] is None

    def test_is_in_no_list(self, container: Container, directory: RandomHistory) -> None:
        directory.erase(directory.patients[1])
        container.runner().catch_up(directory.tenant_id)

        page = container.patients().page(directory.tenant_id)

        assert directory.patients[1].id not in {patient.patient_id for patient in page.patients}
        assert len(page.patients) == 5

    def test_shows_nothing_even_before_the_view_is_updated(
        self, container: Container, directory: RandomHistory
    ) -> None:
        noa = directory.patients[1]
        directory.erase(noa)

        record = container.patients().patient(directory.tenant_id, noa.id)

        assert record is not None
        assert record.details is None
        assert found(container, directory.tenant_id, "כהן") == []


class TestPage:
    def test_lists_in_order_of_registration_and_goes_on(self, container: Container, directory: RandomHistory) -> None:
        first = container.patients().page(directory.tenant_id, limit=4)
        second = container.patients().page(directory.tenant_id, limit=4, after=first.after)

        listed = [patient.patient_id for patient in (*first.patients, *second.patients)]
        assert listed == [patient.id for patient in directory.patients]
        assert second.after is None


class TestTables:
    def test_hold_no_name_in_plain_text(self, container: Container, directory: RandomHistory) -> None:
        with container.admin() as admin:
            for table in ("patients.patient", "patients.search_term"):
                lines = admin.execute(f"select t::text from {table} t".encode()).fetchall()
                assert len(lines) >= len(directory.patients)
                for (line,) in lines:
                    for secret in ("ller", "כהן", "example.org", "1234567"):
                        assert secret not in line
                        assert secret.encode().hex() not in line
