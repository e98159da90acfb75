"""rules_beside: the rules of a running city for the console: what they are, other parameters tried, and put in force.

What is put in force is written into the configuration's own file, where people look for it: only the values change
there. The file as it would be is read whole before it takes the old one's place, so that one with a fault never does.
"""

from __future__ import annotations

import secrets
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from console.rules_city import CantBe, Put, Rule, Tryout, Values
from gridwatch.rules_written import HOLD, NotWritable, with_parameters
from gridwatch.tryouts import Tryouts
from pipeline.faults import Faulty

if TYPE_CHECKING:
    from pipeline.runtime.at_work import CityAtWork
    from pipeline.runtime.compose import City
    from pipeline.runtime.sections import RuleSection


class RulesBeside:
    """As `console.rules_city.RunningRules`."""

    def __init__(self, city: CityAtWork, log: Any) -> None:
        self._city = city
        configuration = city.city.configuration
        config = city.file if configuration.runtime == "cluster" else None
        self._tryouts = Tryouts(configuration.data, log, config=config)
        self._lock = threading.Lock()
        self._told: tuple[City, Sequence[Rule]] | None = None

    def rules(self) -> Sequence[Rule]:
        """Worked out once for each configuration that is in force."""
        from gridwatch.rules_told import rules_of

        city = self._city.city
        with self._lock:
            if self._told is None or self._told[0] is not city:
                self._told = city, rules_of(city)
            return self._told[1]

    def put(self, rule: str, version: str, values: Values) -> Put:
        """See `RunningRules`."""
        from pipeline.runtime.compose import make_rule

        with self._lock:
            section = self._section(rule)
            if make_rule(section).version != version:
                raise CantBe(f"the rule '{rule}' was changed meanwhile: look at it again")
            changed = with_values(section, values)
            self._write(section, changed, values)
        self._city.ask_reload()
        before, after = (settings(each) for each in (section, changed))
        names = [name for name in after if before.get(name) != after[name]]
        return Put(
            {name: before.get(name) for name in names},
            {name: after[name] for name in names},
            make_rule(changed).version,
        )

    def try_out(self, rule: str, values: Values, hours: float, by: str) -> Tryout:
        """See `RunningRules`."""
        from pipeline.runtime.compose import make_rule

        section = self._section(rule)
        tried = with_values(section, values)
        if settings(tried) == settings(section):
            raise CantBe("these are the parameters that are in force; change one to try it", faults=True)
        rule_now, rule_then = (each.model_dump(mode="json", by_alias=True) for each in (section, tried))
        return self._tryouts.add(rule_now, rule_then, make_rule(section).version, values, hours, by)

    def tryouts(self) -> Sequence[Tryout]:
        """The newest first."""
        return self._tryouts.list()

    def cancel(self, id: str) -> None:
        """See `RunningRules`."""
        self._tryouts.cancel(id)

    def stop(self) -> None:
        """Nothing is tried any more."""
        self._tryouts.stop()

    def _section(self, rule: str) -> RuleSection:
        found = next((each for each in self._city.city.configuration.rules if each.id == rule), None)
        if found is None:
            raise LookupError(f"there is no rule '{rule}'")
        return found

    def _write(self, section: RuleSection, changed: RuleSection, values: Values) -> None:
        """Write the file, if it still says what is in force, and is without fault then. Raises CantBe."""
        from pipeline.runtime.compose import load_city

        file = self._city.file.resolve()
        part = file.with_name(f".{file.name}-{secrets.token_hex(4)}.part")
        try:
            content = file.read_bytes().decode("utf-8")
            mark = "\ufeff" if content.startswith("\ufeff") else ""
            text = content.removeprefix("\ufeff")
            part.write_bytes((mark + text).encode())
            if self._read(part).get(section.id) != section:
                raise CantBe(f"{file.name} was changed since the city read it: reload it first, then look again")
            new = with_parameters(text, section.id, values)
            part.write_bytes((mark + new).encode())
            found = load_city(part, self._city.different)
            if {each.id: each for each in found.configuration.rules}.get(section.id) != changed:
                raise CantBe("the file would say something else than was asked for: change it by hand")
            shutil.copymode(file, part)
            part.replace(file)
        except NotWritable as error:
            raise CantBe(str(error)) from None
        except Faulty as faulty:
            faults = "; ".join(f"{each.path}: {each.message}" for each in faulty.faults[:5])
            raise CantBe(f"the configuration would have faults: {faults}", faults=True) from None
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror or str(error) if isinstance(error, OSError) else "it is not in UTF-8"
            raise CantBe(
                f"{file.name} can't be written: {why}. Write the parameters into it by hand, and reload"
            ) from None
        finally:
            part.unlink(missing_ok=True)

    def _read(self, file: Path) -> dict[str, RuleSection]:
        """The rules that a file says, by id."""
        from pipeline.runtime.config import load

        try:
            return {each.id: each for each in load(file, self._city.different).rules}
        except Faulty as faulty:
            first = faulty.faults[0]
            what = f"{self._city.file.name} has a fault now ({first.path}: {first.message}): mend it first"
            raise CantBe(what) from None


def settings(section: RuleSection) -> dict[str, Any]:
    """All parameters of a rule as a configuration writes them, defaults too."""
    from pipeline.runtime.compose import make_rule
    from replay.written import written

    return written(make_rule(section))


def with_values(section: RuleSection, values: Values) -> RuleSection:
    """The same rule with other parameters. Raises CantBe where it can't be."""
    from pipeline.registry import detector
    from pipeline.runtime.compose import make_rule

    known = {*HOLD, *detector(section.detector).model_fields}
    unknown = sorted(set(values) - known)
    if unknown or not values:
        raise CantBe(f"expected some of the parameters {', '.join(sorted(known))}", faults=True)
    said = section.model_dump(mode="json", by_alias=True, exclude_unset=True)
    said |= {name: value for name, value in values.items() if name in HOLD}
    said["parameters"] = {**section.parameters, **{n: value for n, value in values.items() if n not in HOLD}}
    try:
        changed = type(section).model_validate(said)
        make_rule(changed)
    except ValidationError as error:
        faults = (
            f"{'.'.join(map(str, each['loc'])) or section.id}: {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors()[:5]
        )
        raise CantBe("; ".join(faults), faults=True) from None
    return changed
