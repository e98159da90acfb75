"""desk_beside: what works on cases beside the desk: dispatch, notifications, reports on schedule, and the web API.

Each follows what the desk writes down, or says something to it; none of them can hold the city up.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from cases.store import Store
    from console.integrations_told import Health
    from console.settings import WebSection
    from gridwatch.camera_beside import CameraBeside
    from gridwatch.duty_beside import DutyBeside
    from gridwatch.live_beside import LiveBeside
    from gridwatch.rules_beside import RulesBeside
    from gridwatch.web_running import WebServer
    from pipeline.runtime.at_work import CityAtWork
    from pipeline.runtime.compose import City
    from pipeline.runtime.config import Configuration
    from pipeline.runtime.dispatching import Dispatching
    from pipeline.runtime.notifying import Notifying
    from pipeline.runtime.reporting_schedule import ReportingCity, ReportingSchedule


class DeskBeside:
    """`prepare` before the city judges anything, `start` once it runs, `stop`; each once. log: a structlog logger."""

    def __init__(self, file: Path, log: Any, registry: CollectorRegistry, *, port: int | None = None) -> None:
        """port: of the web API, in place of the one in the file."""
        self._file, self._log, self._registry, self._port = file, log, registry, port
        self._dispatching: Dispatching | None = None
        self._notifying: Notifying | None = None
        self._reports: ReportingSchedule | None = None
        self._cameras: CameraBeside | None = None
        self._duty: DutyBeside | None = None
        self._rules: RulesBeside | None = None
        self._live: LiveBeside | None = None
        self._web: WebServer | None = None

    def prepare(self, city: City, store: Store) -> None:
        """From here on no change is missed. Raises Faulty, StoreTrouble."""
        from pipeline.runtime.dispatching import Dispatching
        from pipeline.runtime.notifying import Notifying
        from pipeline.runtime.reporting_schedule import ReportingSchedule

        configuration, folder = city.configuration, self._file.resolve().parent
        self._dispatching = Dispatching(
            store.engine,
            configuration.city,
            configuration.dispatch,
            self._log,
            folder=folder,
            registry=self._registry,
            source=str(self._file),
        )
        if configuration.notify is not None:
            self._notifying = Notifying(store.engine, city, configuration.notify, self._log)
        if configuration.reports is not None:
            self._reports = ReportingSchedule(
                store.engine, configuration.reports, configuration.data, _reporting(city), self._log
            )

    def start(self, city: CityAtWork, health: Callable[[], Health]) -> None:
        """health: makes what tells how it is doing. Raises Faulty; Problem where the web API can't be."""
        from console.city import Beside
        from gridwatch.camera_beside import CameraBeside
        from gridwatch.duty_beside import DutyBeside
        from gridwatch.live_beside import LiveBeside
        from gridwatch.public_beside import counts_of
        from gridwatch.registers_beside import RegistersBeside
        from gridwatch.reload_beside import ReloadBeside
        from gridwatch.rules_beside import RulesBeside
        from gridwatch.web_running import web_of

        if city.office is None:
            return
        if self._dispatching is not None:
            self._dispatching.start(city.office)
        self._duty = DutyBeside(self._file, city.cases.engine, self._log)
        for each in (self._notifying, self._reports, self._duty):
            if each is not None:
                each.start()
        hearing = self._dispatching.hearing if self._dispatching is not None else None

        def in_force() -> Configuration:
            return city.city.configuration

        self._cameras = CameraBeside(self._file, in_force, self._log, engine=city.cases.engine)
        self._rules = RulesBeside(city, self._log)
        self._live = LiveBeside(city, self._log)
        self._web = web_of(
            self._file,
            in_force(),
            city.office,
            city.cases.engine,
            self._log,
            hearing=hearing,
            beside=Beside(
                live=self._live.hub,
                ground=self._live.ground,
                parking=None if city.latest is None else counts_of(city.latest),
                cameras=self._cameras,
                reloading=ReloadBeside(self._file, city.ask_reload, self._began),
                health=health(),
                registers=RegistersBeside(city),
                rules=self._rules,
            ),
            port=self._port,
            in_force=in_force,
        )
        if self._web is not None:
            self._web.start()
            self._live.start()
            self._cameras.start()

    def ask_reload(self) -> None:
        """Let the console read its section again soon. From anywhere, signals too."""
        if self._web is not None and self._web.rounds is not None:
            self._web.rounds.following.ask()

    @property
    def address(self) -> str:
        """Of the web API; '' where there is none."""
        return "" if self._web is None else self._web.url

    def stop(self) -> None:
        """What is on its way is waited for."""
        for each in (
            self._live,
            self._web,
            self._rules,
            self._cameras,
            self._duty,
            self._reports,
            self._notifying,
            self._dispatching,
        ):
            if each is not None:
                each.stop()

    def _began(self) -> WebSection | None:
        return None if self._web is None or self._web.rounds is None else self._web.rounds.following.began


def _reporting(city: City) -> ReportingCity:
    from cases.categories import categories_of
    from cases.deadlines import WorkingHoursSection
    from cases.indicators.working import WorkingTime
    from pipeline.runtime.reporting_schedule import ReportingCity

    configuration = city.configuration
    zone = ZoneInfo(configuration.time_zone)
    hours = configuration.working_hours or WorkingHoursSection()
    return ReportingCity(
        configuration.city,
        zone,
        configuration.time_zone,
        WorkingTime(hours, zone, city.registers.calendar),
        categories_of(configuration.categories),
    )
