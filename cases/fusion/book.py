"""book: the cases that fusion remembers, and how those that a happening may belong to are found among them.

Three ways lead to a case: by the id of a member, by subject, and by place (one lattice for each rule of the same
place). Members that are parts of something (rules with `all`) are found by their own place, one lattice for each part.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator

from cases.fusion.scopes import chosen
from cases.fusion.settings import FusionRule, FusionSettings
from cases.fusion.space import Near, placed
from cases.fusion.words import Happening, Live, Member

UNKNOWN = ""


class Entry:
    """A case, as it is worked with."""

    __slots__ = (
        "category",
        "closed",
        "ends",
        "first",
        "groups",
        "id",
        "last",
        "lat",
        "lon",
        "members",
        "merged",
        "opened",
        "rejected",
        "said",
        "storm",
        "subjects",
    )

    def __init__(self, live: Live) -> None:
        """Without its members: the book adds them."""
        self.id, self.category, self.said, self.storm = live.id, live.category, live.said, live.storm
        self.lon, self.lat = live.lon, live.lat
        self.opened, self.closed, self.rejected = live.opened, live.closed, live.rejected
        self.merged = list(live.merged)
        self.members: dict[str, Happening] = {}
        self.ends: dict[str, float] = {}
        """Of each member; infinite while it goes on."""
        self.first, self.last = math.inf, -math.inf
        """When the first member started and the last ended."""
        self.groups: Counter[str] = Counter()
        """Its category and its members', each as its group, with how many say so."""
        self.subjects: dict[str, Counter[str]] = {}
        """Subject -> the parts that its members name."""

    @property
    def active(self) -> bool:
        return math.isnan(self.closed)

    def live(self) -> Live:
        """As it is kept."""
        members = tuple(
            Member(happening=each, ended=math.nan if math.isinf(self.ends[id]) else self.ends[id])
            for id, each in self.members.items()
        )
        return Live(
            id=self.id,
            category=self.category,
            said=self.said,
            lon=self.lon,
            lat=self.lat,
            opened=self.opened,
            closed=self.closed,
            rejected=self.rejected,
            members=members,
            storm=self.storm,
            merged=tuple(self.merged),
        )

    def stretch(self) -> None:
        """`first` and `last` anew."""
        self.first = min((each.started for each in self.members.values()), default=math.inf)
        self.last = max(self.ends.values(), default=-math.inf)


class Book:
    """All of them. A storm's case is in it by its members' ids alone: no rule leads to it."""

    def __init__(self, settings: FusionSettings) -> None:
        self.cases: dict[str, Entry] = {}
        self._of: dict[str, str] = {}
        """Member -> its case; a case that was merged -> the one it went into."""
        self._group = {code: group[0] for group in settings.groups for code in group}
        self._places = [rule for rule in settings.rules if rule.same == "place"]
        self._composites = [rule for rule in settings.rules if rule.all]
        self._by_subject: dict[str, dict[str, dict[str, None]]] = {}
        self._by_place: dict[str, Near[str]] = {rule.id: Near(rule.near or 0.0) for rule in self._places}
        self._by_part: dict[tuple[str, int], Near[str]] = {
            (rule.id, number): Near(rule.near or 0.0)
            for rule in self._composites
            for number in range(len(rule.all))
            if not rule.of_subject
        }
        self._part_of: dict[tuple[str, int, str], dict[str, None]] = {}
        """Rule, part, subject -> what is that part."""

    # ---- what it knows

    def group(self, happening: Happening) -> str:
        """What its category counts as; without one it is as what its rule finds, and a report as nothing else."""
        return self.group_of(happening.category or f"rule:{happening.rule or happening.id}")

    def group_of(self, category: str) -> str:
        """What a category counts as."""
        return self._group.get(category, category)

    def case_of(self, member: str) -> Entry | None:
        """The case that a member is in."""
        return self.cases.get(self._of.get(member, UNKNOWN))

    def find(self, case: str) -> Entry | None:
        """The case of this id, or that it went into."""
        return self.cases.get(case) or self.cases.get(self._of.get(f"case:{case}", UNKNOWN))

    def with_subject(self, subject: str, part: str, *, together: bool) -> Iterator[Entry]:
        """Cases with a member of this subject, and of this part or one that is not known."""
        if not subject:
            return
        by_part = self._by_subject.get(subject, {})
        parts = by_part if together or not part else [p for p in (part, "") if p in by_part]
        seen: dict[str, None] = {}
        for each in parts:
            seen |= by_part[each]
        yield from (self.cases[id] for id in seen)

    def near(self, rule: FusionRule, happening: Happening) -> Iterator[Entry]:
        """Cases of its category that may be near enough."""
        for id in self._by_place[rule.id].around(self.group(happening), happening.lon, happening.lat):
            yield self.cases[id]

    def going_on(self, rule: str, subject: str) -> Entry | None:
        """The oldest active case with a member of this rule (none: any) and subject."""
        found = [
            entry
            for entry in self.with_subject(subject, "", together=True)
            if entry.active
            and any(each.subject == subject and rule in ("", each.rule) for each in entry.members.values())
        ]
        return min(found, key=lambda entry: (entry.opened, entry.id), default=None)

    def parts_near(self, rule: FusionRule, number: int, happening: Happening) -> Iterator[str]:
        """Members, and what is held, that are this part of the rule and may be near enough, or have its subject."""
        if not rule.of_subject:
            yield from self._by_part[rule.id, number].around("", happening.lon, happening.lat)
        elif happening.subject:
            yield from self._part_of.get((rule.id, number, happening.subject), ())

    # ---- what changes it

    def put(self, live: Live) -> Entry:
        """A case, with all its members."""
        entry = self.cases[live.id] = Entry(live)
        entry.groups[self.group_of(live.category)] += 1
        for alias in live.merged:
            self._of[f"case:{alias}"] = live.id
        self._place(entry)
        for member in live.members:
            self.add(entry, member.happening, member.ended)
        return entry

    def add(self, entry: Entry, happening: Happening, ended: float = math.nan) -> None:
        """One more member. ended: NaN while it goes on."""
        if happening.kind == "report":
            ended = happening.started
        entry.members[happening.id] = happening
        entry.ends[happening.id] = math.inf if math.isnan(ended) else ended
        self._of[happening.id] = entry.id
        entry.first = min(entry.first, happening.started)
        entry.last = max(entry.last, entry.ends[happening.id])
        if entry.storm:
            return
        self._count(entry, self.group(happening), 1)
        if happening.subject:
            entry.subjects.setdefault(happening.subject, Counter())[happening.part] += 1
            parts = self._by_subject.setdefault(happening.subject, {})
            parts.setdefault(happening.part, {})[entry.id] = None
        if not placed(entry.lon, entry.lat) and placed(happening.lon, happening.lat):
            entry.lon, entry.lat = happening.lon, happening.lat
            self._place(entry)
        self.add_part(happening)

    def take_out(self, entry: Entry, member: str) -> tuple[Happening, float]:
        """It is a member no more; it, and when it ended (infinite: it goes on). The case stays, even without any."""
        taken = self._take_out(entry, member)
        entry.stretch()
        return taken

    def take_all(self, entry: Entry) -> list[tuple[Happening, float]]:
        """The case with all its members is forgotten; they, as they came, and when they ended."""
        taken = [self._take_out(entry, member) for member in list(entry.members)]
        self._forget(entry)
        return taken

    def ended(self, entry: Entry, member: str, at: float) -> None:
        """A member ended then; infinite: it goes on after all. A report has its one moment."""
        if entry.members[member].kind == "report":
            return
        entry.ends[member] = at
        if not entry.storm:
            entry.last = max(entry.ends.values())

    def move(self, entry: Entry, lon: float, lat: float) -> None:
        """The case is there."""
        for group in entry.groups:
            for near in self._by_place.values():
                near.remove(group, entry.lon, entry.lat, entry.id)
        entry.lon, entry.lat = lon, lat
        self._place(entry)

    def call(self, entry: Entry, category: str) -> None:
        """The case's category from now on."""
        if category != entry.category:
            self._count(entry, self.group_of(entry.category), -1)
            entry.category = category
            self._count(entry, self.group_of(category), 1)

    def merge(self, entry: Entry, into: Entry) -> None:
        """All that one case has goes into another, which keeps its own category."""
        for happening, ended in self.take_all(entry):
            self.add(into, happening, ended)
        aliases = (*entry.merged, entry.id)
        for alias in aliases:
            self._of[f"case:{alias}"] = into.id
        into.merged += aliases

    # ---- parts

    def add_part(self, happening: Happening) -> None:
        """It may be a part of something."""
        for key in self._parts_of(happening):
            if key in self._by_part:
                self._by_part[key].add("", happening.lon, happening.lat, happening.id)
            elif happening.subject:
                self._part_of.setdefault((*key, happening.subject), {})[happening.id] = None

    def drop_part(self, happening: Happening) -> None:
        """No more."""
        for key in self._parts_of(happening):
            if key in self._by_part:
                self._by_part[key].remove("", happening.lon, happening.lat, happening.id)
                continue
            there = self._part_of.get((*key, happening.subject), {})
            there.pop(happening.id, None)
            if not there:
                self._part_of.pop((*key, happening.subject), None)

    def _parts_of(self, happening: Happening) -> Iterable[tuple[str, int]]:
        for rule in self._composites:
            for number, part in enumerate(rule.all):
                if chosen(part, happening):
                    yield rule.id, number

    # ---- indexes

    def _take_out(self, entry: Entry, member: str) -> tuple[Happening, float]:
        happening, ended = entry.members.pop(member), entry.ends.pop(member)
        self._of.pop(member, None)
        if not entry.storm:
            self._count(entry, self.group(happening), -1)
            if happening.subject:
                self._drop_subject(entry, happening)
            self.drop_part(happening)
        return happening, ended

    def _forget(self, entry: Entry) -> None:
        for group in entry.groups:
            for near in self._by_place.values():
                near.remove(group, entry.lon, entry.lat, entry.id)
        for alias in entry.merged:
            self._of.pop(f"case:{alias}", None)
        del self.cases[entry.id]

    def _count(self, entry: Entry, group: str, by: int) -> None:
        before = entry.groups[group]
        entry.groups[group] += by
        if before == 0 and by > 0:
            self._place(entry, group)
        elif before + by == 0:
            del entry.groups[group]
            for near in self._by_place.values():
                near.remove(group, entry.lon, entry.lat, entry.id)

    def _place(self, entry: Entry, group: str | None = None) -> None:
        if entry.storm:
            return
        for each in entry.groups if group is None else (group,):
            for near in self._by_place.values():
                near.add(each, entry.lon, entry.lat, entry.id)

    def _drop_subject(self, entry: Entry, happening: Happening) -> None:
        subject, part = happening.subject, happening.part
        entry.subjects[subject][part] -= 1
        if entry.subjects[subject][part]:
            return
        del entry.subjects[subject][part]
        if not entry.subjects[subject]:
            del entry.subjects[subject]
        parts = self._by_subject[subject]
        del parts[part][entry.id]
        if not parts[part]:
            del parts[part]
        if not parts:
            del self._by_subject[subject]
