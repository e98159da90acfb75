"""terminals: who may come in: `terminal,token,terminal_id`, from a file or a variable of the environment.

terminal is the number that its frames carry, without leading zeros. token is what it authenticates with; where it is
empty, any will do. terminal_id, where it is there, has to be in its registration, and only such a terminal is ever told
its token: whoever merely knows a number must not be given the secret. No secret is in any message.
"""

from __future__ import annotations

import csv
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connectors.gateway.listed import Listed
from connectors.jt808.settings import Jt808Source

COLUMNS = ("terminal", "token", "terminal_id")
MOST = 200_000


@dataclass(frozen=True, slots=True)
class Terminal:
    """One of the list."""

    token: str = field(default="", repr=False)
    terminal_id: str = field(default="", repr=False)


class Terminals:
    """The list. known: by number; open_to_all: others may come in, too."""

    def __init__(self, known: Mapping[str, Terminal], open_to_all: bool) -> None:
        self.known: Mapping[str, Terminal] = known
        self.open_to_all = open_to_all

    def free(self, number: str) -> bool:
        """May it talk without authenticating? Only one that is not listed, where all may come in."""
        return self.open_to_all and number not in self.known

    def registered(self, number: str, terminal_id: str) -> tuple[int, str]:
        """(result of 0x8100, token). 0: it may authenticate, 4: there is no such terminal."""
        listed = self.known.get(number)
        if listed is None:
            return (0, number) if self.open_to_all else (4, "")
        if listed.terminal_id:
            told = hmac.compare_digest(listed.terminal_id.encode(), terminal_id.encode())
            return (0, listed.token or number) if told else (4, "")
        # Its token was put into it by hand, or it needs none.
        return (4, "") if listed.token else (0, number)

    def authenticated(self, number: str, token: str) -> bool:
        listed = self.known.get(number)
        if listed is None:
            return self.open_to_all
        return not listed.token or hmac.compare_digest(listed.token.encode(), token.encode())


class TerminalList(Listed[dict[str, Terminal]]):
    """The list that a section names, and what becomes of it.

    Raises OSError, ValueError; the message says line and column, never a value.
    """

    def __init__(self, settings: Jt808Source, folder: Path, environment: Mapping[str, str]) -> None:
        """folder: what the file is relative to."""
        self.terminals = Terminals({}, settings.unknown == "accept")
        file = folder / settings.terminals if settings.terminals is not None else None
        super().__init__("terminals", file, settings.terminals_env, environment)

    def read(self, data: bytes, where: str) -> dict[str, Terminal]:
        return _read(data, where)

    def take(self, found: dict[str, Terminal]) -> None:
        self.terminals.known = found

    def allows(self, who: str) -> bool:
        return who in self.terminals.known or self.terminals.open_to_all

    def __len__(self) -> int:
        return len(self.terminals.known)


def _read(data: bytes, where: str) -> dict[str, Terminal]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{where}: expected UTF-8") from None
    rows = csv.DictReader(text.splitlines())
    names = [name.strip() for name in rows.fieldnames or []]
    if "terminal" not in names or set(names) - set(COLUMNS):
        raise ValueError(f"{where}:1: expected the columns {', '.join(COLUMNS)}, of which 'terminal' is needed")
    rows.fieldnames = names
    found: dict[str, Terminal] = {}
    for row in rows:
        line = rows.line_num
        number = (row["terminal"] or "").strip().lstrip("0")
        if not number.isdecimal() or len(number) > 20:
            raise ValueError(f"{where}:{line}: terminal: expected digits, at most 20")
        if number in found:
            raise ValueError(f"{where}:{line}: this terminal is there twice")
        if len(found) >= MOST:
            raise ValueError(f"{where}: expected at most {MOST} terminals")
        found[number] = Terminal((row.get("token") or "").strip(), (row.get("terminal_id") or "").strip())
    return found
