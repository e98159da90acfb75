"""handling: who has a case, and what they say of it."""

from __future__ import annotations

from cases.desk.act import Act, Refused
from cases.desk.effects import terms


def dispatch(act: Act) -> None:
    helpers = act.step.data.get("helpers", [])
    if not isinstance(helpers, list) or not all(isinstance(each, str) for each in helpers):
        raise Refused("helpers are a list of units' ids")
    act.case["responsible"] = str(act.step.data["unit"])
    act.case["helpers"] = [each for each in helpers if each != act.case["responsible"]]
    act.case["officer"] = str(act.step.data.get("officer", ""))
    act.case["mode"] = str(act.step.data.get("mode") or act.case["mode"])
    act.case["dispatched"] = act.work.at
    act.case["dispatches"] += 1


def recall(act: Act) -> None:
    act.case["responsible"], act.case["officer"], act.case["helpers"] = "", "", []


def return_back(act: Act) -> None:
    act.case["returns"] += 1
    act.case["officer"] = ""


def handled(act: Act) -> None:
    act.case["handled"], act.case["handler"] = act.work.at, act.step.by
    terms.stop(act)


def assign(act: Act) -> None:
    act.case["officer"] = str(act.step.data["officer"])


def urge(act: Act) -> None:
    act.case["urges"] += 1


def call(act: Act) -> None:
    units = act.step.data["units"]
    if not isinstance(units, list) or not all(isinstance(each, str) for each in units):
        raise Refused("units are a list of units' ids")
    act.case["helpers"] = list(dict.fromkeys([*act.case["helpers"], *units]))
