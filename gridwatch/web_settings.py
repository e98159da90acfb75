"""web_settings: what a running city's console is told of the configuration, when it starts and when that changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import sqlalchemy as sa

    from console.city import Beside
    from console.settings import Settings, WebSection
    from pipeline.runtime.config import Configuration


def settings_of(file: Path, section: WebSection, configuration: Configuration) -> Settings:
    """section: of that file. configuration: what is in force of the rest of it."""
    from cases.categories import Categories, categories_of
    from cases.evidence_files import FOLDER
    from cases.intake.settings import IntakeSection
    from console.settings import Settings

    return Settings(
        section,
        configuration.data / FOLDER,
        configuration.intake or IntakeSection(),
        ZoneInfo(configuration.time_zone),
        configuration.time_zone,
        configuration.city,
        Categories() if configuration.categories is None else categories_of(configuration.categories),
        file.resolve().parent,
        configuration.data,
    )


def beside_of(file: Path, configuration: Configuration, engine: sa.Engine, beside: Beside) -> Beside:
    """What the city offers, with what follows from a configuration. engine: the store. Raises Faulty, StoreTrouble."""
    from gridwatch.case_beside import CaseAtWork
    from gridwatch.case_on_kafka import CasesOnKafka
    from gridwatch.cluster_recordings import kafka_of
    from gridwatch.history_beside import history_rows
    from gridwatch.indicators_beside import measured_of

    cluster = kafka_of(file, configuration)
    history = history_rows(configuration, file)
    return replace(
        beside,
        earlier=history,
        measured=measured_of(file, configuration, engine),
        case=CaseAtWork(
            file,
            engine,
            configuration.data,
            configuration.city,
            configuration.time_zone,
            history,
            None if cluster is None else CasesOnKafka(cluster),
        ),
    )
