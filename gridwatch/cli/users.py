"""users: who may log in to the console, from the city's own machine: the first of them, who forgot a password.

Works beside a running city and without one. A password is made up and shown once; it is to be changed at the first
login. What is done here is in the audit trail, as done by 'gridwatch users'.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from gridwatch.cli.data import CityData, JsonOption, city_data, harmless, terminal
from gridwatch.cli.frame import Exit, Problem, print_json_lines
from gridwatch.cli.registers_store import configuration_of, open_store
from gridwatch.times import duration_option
from gridwatch.web_section import load_web

if TYPE_CHECKING:
    import sqlalchemy as sa

    from pipeline.runtime.config import Configuration

app = typer.Typer(help="Who may log in to the console: add, list, new password, link, disable.", no_args_is_help=True)

ConfigOption = Annotated[
    Path, typer.Option("--config", help="The city's configuration, or the folder it is in. Default: city.yaml.")
]
CITY = Path("city.yaml")
Name = Annotated[str, typer.Argument(help="The name to log in with.")]
_BY = "gridwatch users"
_A_DAY = 86_400.0


@app.command()
def add(
    name: Name,
    role: Annotated[
        list[str] | None,
        typer.Option("--role", help="What they are: operator, acceptor, dispatcher, … Once for each."),
    ] = None,
    unit: Annotated[str, typer.Option(help="The unit's id, for a handler.")] = "",
    area: Annotated[
        list[str] | None, typer.Option("--area", help="The beginning of grid cells; they see only cases in these.")
    ] = None,
    shown: Annotated[str, typer.Option(help="How pages show them. Default: the name.")] = "",
    config: ConfigOption = CITY,
) -> None:
    """Make a user; prints the password, which is kept nowhere."""
    from pydantic import ValidationError

    from console.audit import note
    from console.people import Taken, add_user
    from console.people_passwords import Passwords
    from console.roles import role_of

    passwords = Passwords()
    password, now = passwords.made_up(), time.time()
    try:
        roles = tuple(str(role_of(each)) for each in role or ())
        with _writing(configuration_of(config)) as connection:
            add_user(
                connection,
                name=name,
                roles=roles,
                now=now,
                by="",
                password=passwords.hashed(password),
                unit=unit,
                areas=tuple(area or ()),
                shown=shown,
            )
            note(connection, now, _BY, "user.made", name, roles=list(roles))
    except Taken as error:
        raise Problem(f"{error}. Take another name, or 'gridwatch users password {name}'.", Exit.USAGE) from None
    except ValidationError as error:
        why = error.errors(include_input=False, include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise Problem(f"{why}.", Exit.USAGE) from None
    except ValueError as error:
        raise Problem(f"{error}.", Exit.USAGE) from None
    _show(name, password)


@app.command("list")
def list_(config: ConfigOption = CITY, as_json: JsonOption = False) -> None:
    """The users: what they are, and when they last logged in."""
    import sqlalchemy as sa

    from cases.case import iso
    from cases.database import reading
    from cases.tables.people import USERS

    with open_store(configuration_of(config), write=False) as store, reading(store) as connection:
        found = [dict(row) for row in connection.execute(sa.select(USERS).order_by(USERS.c.key)).mappings()]
    if as_json:
        names = ("name", "shown", "roles", "unit", "areas", "disabled", "must_change")
        times = ("made", "last_login")
        print_json_lines(
            {name: row[name] for name in names}
            | {name: None if row[name] is None else iso(row[name]) for name in times}
            for row in found
        )
    elif found:
        terminal().print(_table(found, city_data(config, None)))
    else:
        typer.echo("No users yet. 'gridwatch users add NAME --role administrator' makes one.")


@app.command()
def password(name: Name, config: ConfigOption = CITY) -> None:
    """Give a user another password, and print it; all of their sessions end."""
    from console.audit import note
    from console.people import change_user, set_password
    from console.people_first import forget_first
    from console.people_passwords import Passwords

    passwords = Passwords()
    made, now = passwords.made_up(), time.time()
    hash, configuration = passwords.hashed(made), configuration_of(config)
    with _writing(configuration) as connection:
        user = _known(connection, name)
        set_password(connection, user["id"], hash, now, must_change=True)
        if user["disabled"]:
            change_user(connection, user["id"], disabled=False)
        note(connection, now, _BY, "user.password", user["name"])
    forget_first(configuration.data, user["name"])
    _show(user["name"], made)


@app.command()
def link(
    name: Name,
    lasting: Annotated[
        str, typer.Option("--for", metavar="10min", help="How long it is good for, a day at most.")
    ] = "10min",
    config: ConfigOption = CITY,
) -> None:
    """Print a link that logs a user in once, soon; a password that they must change is then changed without it."""
    from console.audit import note
    from console.login_links import make_link

    seconds, now = duration_option("--for", lasting), time.time()
    if not 0 < seconds <= _A_DAY:
        raise Problem("--for: expected a time of at most a day, such as 10min.", Exit.USAGE)
    web = load_web(config)
    if web is None:
        raise Problem("This city has no console: there is no section 'web' in its configuration.", Exit.USAGE)
    with _writing(configuration_of(config)) as connection:
        user = _known(connection, name)
        if user["disabled"]:
            raise Problem(f"{user['name']} is disabled; 'gridwatch users password' lets them in again.", Exit.USAGE)
        secret = make_link(connection, user["name"], now, seconds)
        note(connection, now, _BY, "user.link", user["name"])
    where = f"http://{web.host}:{web.port}" if web.oidc is None else web.oidc.url
    typer.echo(f"{user['name']} logs in with this link, once, within {lasting}: {where}/login#link={secret}")


@app.command()
def disable(name: Name, config: ConfigOption = CITY) -> None:
    """Let a user log in no more; their sessions end. 'password' lets them in again."""
    from console.audit import note
    from console.people import LastAdministrator, change_user

    try:
        with _writing(configuration_of(config)) as connection:
            user = _known(connection, name)
            change_user(connection, user["id"], disabled=True)
            note(connection, time.time(), _BY, "user.changed", user["name"], disabled=True)
    except LastAdministrator as error:
        raise Problem(f"{str(error)[0].upper()}{str(error)[1:]}.", Exit.USAGE) from None
    typer.echo(f"{user['name']} can log in no more.")


@contextmanager
def _writing(configuration: Configuration) -> Iterator[sa.Connection]:
    """The city's store, one transaction. Raises Problem."""
    from cases.database import writing

    with open_store(configuration, write=True) as store, writing(store) as connection:
        yield connection


def _known(connection: sa.Connection, name: str) -> Any:
    from console.people import find_user

    user = find_user(connection, name)
    if user is None:
        raise Problem(f"There is no user '{name}'. 'gridwatch users list' has them all.", Exit.USAGE)
    return user


def _show(name: str, password: str) -> None:
    typer.echo(f"{name} logs in with this password, which is shown only now, and then chooses another: {password}")


def _table(found: list[dict[str, Any]], city: CityData) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="bold")
    for column in ("name", "shown as", "roles", "unit", "areas", f"logged in last ({city.zone_name})", ""):
        table.add_column(column, overflow="fold")
    for row in found:
        last = "" if row["last_login"] is None else city.time(row["last_login"])
        cells = (row["name"], row["shown"], ", ".join(row["roles"]), row["unit"], ", ".join(row["areas"]))
        table.add_row(*map(harmless, cells), last, "disabled" if row["disabled"] else "")
    return table
