"""The page on security says what roles may: every permission of the console, and whose it is."""

from __future__ import annotations

import re

import pytest

from console.permissions import GRANTS, Permission
from console.roles import ROLES
from tests.docs_pages import ROOT

PAGES = {
    "en": (ROOT / "docs" / "console" / "security.md", "all roles", "all but outside", ", "),
    "zh": (ROOT / "docs" / "zh" / "console" / "security.md", "所有角色", "除外部系统外的角色", "、"),
}
NAMES = {
    "值班员": "operator",
    "受理员": "acceptor",
    "派遣员": "dispatcher",
    "采集员": "collector",
    "处置人员": "unit",
    "handler": "unit",
    "督察": "supervisor",
    "外部系统": "outside",
    "集成人员": "integrator",
    "管理员": "administrator",
}


@pytest.mark.parametrize("language", list(PAGES))
def test_the_page_names_every_permission_and_whose_it_is(language: str) -> None:
    page, everybody, inside, comma = PAGES[language]
    found = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", page.read_text("utf-8"), re.MULTILINE)
    roles = [str(role) for role in ROLES]
    known = {everybody: roles, inside: [role for role in roles if role != "outside"]}
    told = {name: {NAMES.get(each, each) for each in known.get(whose, whose.split(comma))} for name, whose, _ in found}
    assert told == {each.value: {str(role) for role in roles if each in GRANTS[role]} for each in Permission}
    assert all(what.strip() for *_, what in found)
