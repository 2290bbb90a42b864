"""The practice and what belongs to it."""

from dataclasses import replace
from uuid import UUID

import pytest

from domain.access.api_key import ApiKey, Role
from domain.kernel.errors import InvalidValueError
from domain.kernel.money import Money
from domain.kernel.personal_data import ERASED
from domain.kernel.zones import UnknownZoneError
from domain.practice.clinician import Clinician, ClinicianDetails
from domain.practice.location import Location, LocationDetails
from domain.practice.practice import Practice, PracticeSettings
from domain.practice.resource import Resource
from domain.practice.service import ClinicianTerms, Mode, Service, ServiceTerms
from tests.support.availability_builders import HERE, THERE, at, hours

ID, NOW = UUID(int=7), at("2026-06-01T09:00")
SETTINGS = PracticeSettings("Praxis Müller", "Europe/Berlin", "EUR", "de-DE")
MASSAGE = ServiceTerms(
    name="Massage",
    duration_minutes=50,
    price=Money(8000, "EUR"),
    buffer_after_minutes=10,
    clinician_ids=(UUID(int=9), UUID(int=8), UUID(int=9)),
    requires=("room", "device", "room"),
)


class TestPractice:
    def test_opens_and_changes_its_settings_once(self) -> None:
        practice = Practice.open(id=ID, settings=SETTINGS, at=NOW)

        assert practice.change_settings(replace(practice.settings, locale="he-IL"), NOW)
        assert not practice.change_settings(practice.settings, NOW)

        opened, changed = practice.collect_events()
        assert isinstance(opened, Practice.Opened)
        assert isinstance(changed, Practice.SettingsChanged)
        assert (opened.locale, changed.locale, changed.name) == ("de-DE", "he-IL", "Praxis Müller")

    @pytest.mark.parametrize(
        ("field", "value"), [("name", ""), ("zone", "EST5EDT"), ("currency", "XXX"), ("locale", "deutsch")]
    )
    def test_refuses_settings_that_mean_nothing(self, field: str, value: str) -> None:
        with pytest.raises(InvalidValueError) as refused:
            replace(SETTINGS, **{field: value})

        assert refused.value.field == field


class TestApiKey:
    def test_is_issued_to_a_role_and_revoked_once(self) -> None:
        key = ApiKey.issue(id=ID, role=Role.FRONT_DESK, label="Empfang", key_hash="0a" * 32, at=NOW)

        assert key.revoke("lost", NOW)
        assert not key.revoke("lost again", NOW)

        issued, revoked = key.collect_events()
        assert isinstance(issued, ApiKey.Issued)
        assert isinstance(revoked, ApiKey.Revoked)
        assert (type(issued.role), issued.role, revoked.reason) == (str, "front_desk", "lost")

    @pytest.mark.parametrize("key_hash", ["", "0A" * 32, "0a" * 31, "the key itself"])
    def test_never_holds_anything_but_a_hash(self, key_hash: str) -> None:
        with pytest.raises(InvalidValueError):
            ApiKey.issue(id=ID, role=Role.OWNER, label="x", key_hash=key_hash, at=NOW)


class TestLocation:
    def test_changes(self) -> None:
        location = Location.open(id=ID, details=LocationDetails("Haupthaus", "Europe/Berlin"), at=NOW)

        assert location.change(replace(location.details, zone="Europe/Vienna"), NOW)
        assert not location.change(location.details, NOW)
        assert (location.name, location.zone, location.version) == ("Haupthaus", "Europe/Vienna", 2)

    def test_refuses_an_unknown_zone(self) -> None:
        with pytest.raises(UnknownZoneError):
            LocationDetails("Haupthaus", "../../etc/passwd")


class TestResource:
    def test_is_a_room_or_a_device_that_may_be_put_out_of_use(self) -> None:
        room = Resource.add(id=ID, location_id=HERE, kind="room", name=" Raum 1 ", at=NOW)

        assert room.change(replace(room.details, active=False), NOW)

        assert (room.name, room.kind, room.active, room.version) == ("Raum 1", "room", False, 2)
        with pytest.raises(InvalidValueError):
            Resource.add(id=ID, location_id=HERE, kind="ROOM", name="Raum 1", at=NOW)


class TestClinician:
    def joined(self) -> Clinician:
        clinician = Clinician.join(
            id=ID, details=ClinicianDetails("ד״ר רונית בן ארי", "r@x.co.il", "Asia/Jerusalem"), at=NOW
        )
        clinician.collect_events()
        return clinician

    def test_has_hours_for_each_location(self) -> None:
        clinician = self.joined()
        mornings = hours("mon 09:00-12:00", overrides=["2026-12-25 closed"])

        assert clinician.set_hours(HERE, mornings, NOW)
        assert clinician.set_hours(THERE, hours("mon 13:00-17:00"), NOW)
        assert not clinician.set_hours(HERE, mornings, NOW)

        fact, _ = clinician.collect_events()
        assert isinstance(fact, Clinician.HoursSet)
        assert (fact.location_id, fact.weekly, fact.overrides) == (HERE, ["mon 09:00-12:00"], ["2026-12-25 closed"])
        assert clinician.hours[THERE].weekly == ["mon 13:00-17:00"]

    def test_setting_no_hours_where_there_were_none_records_nothing(self) -> None:
        assert not self.joined().set_hours(HERE, hours(), NOW)

    def test_can_change_even_when_the_old_name_was_erased(self) -> None:
        clinician = self.joined()

        assert clinician.change_details(ClinicianDetails("R. Ben Ari", None, "Asia/Jerusalem"), NOW)
        assert clinician.details.email is None
        assert ClinicianDetails(ERASED, ERASED, "Asia/Jerusalem").name is ERASED


class TestService:
    def test_is_offered_with_a_grid_of_duration_and_buffers(self) -> None:
        service = Service.offer(id=ID, terms=MASSAGE, at=NOW)

        [fact] = service.collect_events()

        assert isinstance(fact, Service.Offered)
        assert (fact.step_minutes, fact.price_amount_minor, fact.price_currency, fact.mode) == (
            60,
            8000,
            "EUR",
            "in_person",
        )
        assert (fact.clinician_ids, fact.requires) == ([UUID(int=8), UUID(int=9)], ["device", "room", "room"])
        assert service.terms == MASSAGE

    def test_changes_and_ends(self) -> None:
        service = Service.offer(id=ID, terms=MASSAGE, at=NOW)

        assert service.change(replace(service.terms, price=Money(9000, "EUR"), active=False), NOW)
        assert not service.change(service.terms, NOW)
        assert (service.terms.price, service.active, service.version) == (Money(9000, "EUR"), False, 2)

    def test_a_default_grid_longer_than_a_day_can_be_read_back(self) -> None:
        longest = replace(MASSAGE, duration_minutes=1440, buffer_before_minutes=480, step_minutes=None)

        assert Service.offer(id=ID, terms=longest, at=NOW).terms.step_minutes == 1930

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("duration_minutes", 0), ("duration_minutes", 1441), ("buffer_before_minutes", -1), ("buffer_after_minutes", 481),
            ("step_minutes", 0), ("step_minutes", 1441), ("minimum_notice_minutes", -1), ("minimum_notice_minutes", 525_601),
            ("horizon_days", 0), ("horizon_days", 1096), ("price", Money(-1, "EUR")), ("requires", ("sauna",)),
            ("requires", ("room",) * 21), ("mode", "by_pigeon"), ("name", " "),
        ],
    )  # fmt: skip
    def test_refuses_what_is_out_of_bounds(self, field: str, value: object) -> None:
        with pytest.raises(InvalidValueError) as refused:
            replace(MASSAGE, **{field: value})  # type: ignore[arg-type]  # a wrong value is the point

        assert refused.value.field == {"price": "price.amount_minor"}.get(field, field)

    def test_knows_two_modes(self) -> None:
        assert [mode.value for mode in Mode] == ["in_person", "virtual"]


class TestClinicianTerms:
    MAYA, AVI = UUID(int=8), UUID(int=9)

    def offered(self, *own: ClinicianTerms, **terms: object) -> Service:
        service = Service.offer(id=ID, terms=replace(MASSAGE, **terms), at=NOW)  # type: ignore[arg-type]
        service.set_clinician_terms(own, NOW)
        return service

    def test_replace_the_length_and_the_price_of_the_service(self) -> None:
        service = self.offered(ClinicianTerms(self.MAYA, 80), ClinicianTerms(self.AVI, price=Money(1, "EUR")))

        maya, avi, other = (service.terms_of(id) for id in (self.MAYA, self.AVI, UUID(int=7)))

        assert (maya.duration_minutes, maya.price) == (80, MASSAGE.price)
        assert (avi.duration_minutes, avi.price) == (MASSAGE.duration_minutes, Money(1, "EUR"))
        assert other == MASSAGE
        assert replace(maya, duration_minutes=50, step_minutes=None) == MASSAGE

    @pytest.mark.parametrize(("step", "own_step"), [(None, 90), (60, 90), (15, 15), (120, 120)])
    def test_change_a_step_that_is_the_length_of_the_visit(self, step: int | None, own_step: int) -> None:
        service = self.offered(ClinicianTerms(self.MAYA, 80), step_minutes=step)

        assert service.terms_of(self.MAYA).step_minutes == own_step

    def test_are_stored_in_the_order_of_joining(self) -> None:
        service = self.offered(ClinicianTerms(self.AVI, price=Money(0, "EUR")), ClinicianTerms(self.MAYA, 80))

        *_, fact = service.collect_events()

        assert isinstance(fact, Service.ClinicianTermsSet)
        assert (fact.clinician_ids, fact.duration_minutes) == ([self.MAYA, self.AVI], [80, None])
        assert (fact.price_amounts_minor, fact.price_currencies) == ([None, 0], [None, "EUR"])
        assert not service.set_clinician_terms(list(service.clinician_terms.values()), NOW)

    def test_refuse_a_step_that_is_too_long_for_a_clinician(self) -> None:
        longest = {"duration_minutes": 1440, "buffer_before_minutes": 480, "step_minutes": 1600}
        service = self.offered(**longest)

        with pytest.raises(InvalidValueError) as refused:
            service.set_clinician_terms([ClinicianTerms(self.MAYA, 10)], NOW)

        assert refused.value.field == "step_minutes"
        other = self.offered(ClinicianTerms(self.MAYA, 10))
        with pytest.raises(InvalidValueError):
            other.change(replace(MASSAGE, **longest), NOW)  # type: ignore[arg-type]
