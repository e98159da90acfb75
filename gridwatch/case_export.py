"""case_export: one case gathered from the store, the journal and the evidence, to be exported."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from cases.clock_words import corrected
from cases.database import reading
from cases.evidence_files import FOLDER, Files, intact
from cases.export.dossier import Case, Dossier, Piece, Why, read_case
from cases.export.manifest import Lacking, Rule
from cases.export.words import Language, label
from cases.registers.rows import since, until
from cases.tables.registers import REGISTER_ROWS
from gridwatch.case_clocks import CaseClocks
from gridwatch.case_drawings import charts_of, map_of
from gridwatch.case_journal import FarJournal, Told, told_of
from replay.report.facts import described


def dossier_of(
    engine: sa.Engine,
    id: str,
    data: Path,
    city: str,
    time_zone: str,
    *,
    language: Language,
    contact: bool,
    far: FarJournal | None = None,
) -> Dossier:
    """All that is known of a case.

    data: the city's data folder, with its journal and the files of cases. city, time_zone: where the journal does not
    say. contact: with what says who reported. far: the journal; None: it is in the city's data. Raises NoSuchCase,
    StoreTrouble, JournalError, Faulty.
    """
    with reading(engine) as connection:
        about = read_case(connection, id, contact=contact)
        cell = _cell(connection, about.case["grid"], about.case["started"])
    told = told_of(about, data, far=far)
    zone = told.time_zone or time_zone
    found = list(_files(about, Files(data / FOLDER), language))
    lacking = [each for each in found if isinstance(each, Lacking)]
    if about.episodes and told.around is None:
        lacking.append(Lacking(name=label("charts", language), why=label("journal_gone", language)))
    return Dossier(
        about=about,
        city=told.city or city,
        time_zone=zone,
        why=replace(_why(about, told), clocks=_clocks(about, told, ZoneInfo(zone), language)),
        map=map_of(about, told, language, cell),
        charts=charts_of(about, told, ZoneInfo(zone)),
        pieces=[each for each in found if not isinstance(each, Lacking)],
        lacking=lacking,
    )


def _cell(connection: sa.Connection, code: str, at: float) -> Mapping[str, Any] | None:
    """The outline of a grid cell at a time, GeoJSON in WGS-84; None where the store's register has none."""

    rows = REGISTER_ROWS.c
    query = sa.select(rows.data, rows.valid_from, rows.valid_to).where(rows.register == "grid", rows.id == code)
    for data, begin, end in connection.execute(query.where(rows.until.is_(None))) if code else ():
        if since(begin) <= at < until(end) and data.get("geometry"):
            return dict(data["geometry"])
    return None


def _why(about: Case, told: Told) -> Why:

    row = about.case
    by = Rule(id=row["rule"], version=row["rule_version"], configuration=told.configuration, world=told.world)
    rule = (told.rules or {}).get(row["rule"])
    if rule is None or rule.version != row["rule_version"]:
        return Why(by)
    said = described(rule)
    question = (type(rule.detector).__doc__ or "").strip().partition("\n")[0]
    return Why(by, said["detector"], question, said["parameters"], said["hold"])


def _clocks(about: Case, told: Told, zone: ZoneInfo, language: Language) -> list[str]:
    found = CaseClocks.of(told.registers).about(about.case, {row["subject"] for row in about.episodes})
    return [corrected(each, about.case["opened"], zone, language) for each in found]


def _files(about: Case, files: Files, language: Language) -> Iterator[Piece | Lacking]:
    """Evidence by time, then photos that came with reports or steps and are not in it."""
    seen = set[str]()
    for row in sorted(about.evidence, key=_order):
        seen.add(row["location"])
        yield _file(row, files, language)
    photos = [(photo, report["channel"]) for report in about.reports for photo in report["photos"]]
    said = ((step["data"].get("photos"), step["by"]) for step in about.steps)
    photos += [(str(photo), by) for some, by in said if isinstance(some, list) for photo in some]
    for location, source in photos:
        if location not in seen:
            seen.add(location)
            photo = {"kind": "photo", "location": location, "sha256": "", "captured": None, "clock_offset": None}
            yield _file({**photo, "source": source}, files, language)


def _order(row: Mapping[str, Any]) -> tuple[float, int, str]:
    """Of one moment what says most comes first."""
    kinds = ("marked", "frame", "photo", "clip")
    taken = math.inf if row["captured"] is None else row["captured"]
    return taken, kinds.index(row["kind"]) if row["kind"] in kinds else len(kinds), row["id"]


def _file(row: Mapping[str, Any], files: Files, language: Language) -> Piece | Lacking:
    """One file; what is not what was kept is left out, and said."""
    location = str(row["location"])
    try:
        data = files.read(location)
    except (OSError, ValueError):
        data = None
    if data is None:
        return Lacking(name=f"{row['kind']} {location}", why=label("gone", language), sha256=row["sha256"])
    same = row["sha256"] == hashlib.sha256(data).hexdigest() if row["sha256"] else intact(location, data)
    if not same:
        return Lacking(name=f"{row['kind']} {location}", why=label("changed", language), sha256=row["sha256"])
    suffix = "".join(PurePosixPath(location).suffixes)
    return Piece(row["kind"], suffix, data, row["captured"], row["clock_offset"], row["source"])
