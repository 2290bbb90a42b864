"""The composition root: builds the components of the program from the settings.

with open_container(Settings()) as container:
    container.logs.of(practice_id)        # the log of one practice
    container.read_models.run(stop)       # what `scheduler project` does
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

from adapters.holidays.public_holidays import CalculatedHolidays
from adapters.icalendar.calendar_reader import CalculatedIcalendarReader
from adapters.phonenumbers.phone_numbers import LibPhoneNumbers
from adapters.system.calculator import ProcessCalculator
from adapters.system.clock import FrozenClock, SystemClock
from api.bootstrap.contexts import Access, Audit, Scheduling, Waitlist, Webhooks
from api.bootstrap.database_server import open_server
from api.bootstrap.read_models import ReadModels
from api.bootstrap.settings import Settings
from api.bootstrap.storage import Storage, open_storage
from application.access.ports import KeyDirectory
from application.kernel.commands import CommandBus
from application.kernel.ports import BlindIndex, Calculator, Clock
from application.kernel.practice_log import PracticeLogs
from application.patients.erase_patient import PersonKeys
from application.registry import all_registrations
from application.scheduling.calendars.ports import CalendarReader
from application.waitlist.ports import WaitingLines
from application.webhooks.ports import OutboundHttp, SecretBox, WebhookCatalogue
from event_store.keys.blind_index import words_of
from projections.importing.imports.queries import ImportQueries
from projections.patients.directory.queries import PatientQueries


@dataclass(frozen=True)
class Container:
    """The wired components of one process. Thread-safe."""

    settings: Settings
    clock: Clock
    storage: Storage
    logs: PracticeLogs
    calculator: Calculator
    read_models: ReadModels
    access: Access
    patients: PatientQueries
    scheduling: Scheduling
    waitlist: Waitlist
    webhooks: Webhooks
    imports: ImportQueries
    audit: Audit
    bus: CommandBus

    def wait_for(self, tenant_id: UUID, view: str, position: int | None, *, also: Sequence[str] = ()) -> int:
        """As ``ReadModels.wait_for``."""
        return self.read_models.wait_for(tenant_id, [view, *also], position)


@contextmanager
def open_container(settings: Settings, *, stays_up: bool = False, clock: Clock | None = None) -> Iterator[Container]:
    """Open the components of a process, and close them at the end.

    ``clock`` replaces that of the settings. ``stays_up`` and errors as in ``open_server``.
    """
    clock = clock or (FrozenClock(settings.now.astimezone(UTC)) if settings.now else SystemClock())
    with (
        open_server(settings, stays_up=stays_up) as server,
        open_storage(server, clock, settings.connections) as storage,
        closing(ProcessCalculator(settings.processes)) as calculator,
    ):
        if isinstance(clock, SystemClock) and (newest := storage.newest_recorded_at()):
            clock.not_before(newest)
        logs = PracticeLogs(storage.store, LibPhoneNumbers(), CalculatedHolidays())
        access, waitlist = Access(storage), Waitlist(storage)
        webhooks = Webhooks(storage, is_local=settings.webhooks_local)
        ports: dict[type, object] = {
            KeyDirectory: access,
            BlindIndex: storage.keys,
            PersonKeys: storage.keys,
            CalendarReader: CalculatedIcalendarReader(calculator),
            WaitingLines: waitlist.lines,
            SecretBox: webhooks.secrets,
            OutboundHttp: webhooks.outbound_http,
            WebhookCatalogue: webhooks,
        }
        all_registrations()
        yield Container(
            settings=settings,
            clock=clock,
            storage=storage,
            logs=logs,
            calculator=calculator,
            read_models=ReadModels(storage),
            access=access,
            patients=PatientQueries(storage.transaction, storage.log_reader, storage.keys, words_of),
            scheduling=Scheduling(storage, logs, clock),
            waitlist=waitlist,
            webhooks=webhooks,
            imports=ImportQueries(storage.transaction),
            audit=Audit(storage),
            bus=CommandBus(logs, clock, ports),
        )
