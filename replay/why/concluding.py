"""concluding: one plain sentence or two: why there was this case, or why there was none."""

from __future__ import annotations

import math
from collections import Counter

from pipeline.episode import Change, Episode, EpisodeEvent
from pipeline.reporting import SOURCE_DOWN
from pipeline.version import Rule
from replay.why.story import Clock, Is, Line, Story
from replay.why.survey import Survey, Window
from replay.why.turning import What
from replay.why.watching import Watch
from replay.why.words import duration, text

_ENDINGS = {
    What.ENDED_CLEAR: "it was right again",
    What.ENDED_HEARD: "it was heard again",
    What.ENDED_GAP: "no row came for longer than the rule allows",
    What.ENDED_FORGOTTEN: "nothing was heard for so long that it was forgotten",
    What.ENDED_REMOVED: "the rule was removed",
}

_DROPPED = {
    What.DROPPED_BY_RIGHT: "then it was right again",
    What.DROPPED_BY_GAP: "then no row came for longer than the rule allows",
    What.DROPPED_BY_CHANGE: "then the rule was changed",
    What.DROPPED_BY_FORGETTING: "then it was forgotten",
}


def why_case(story: Story, events: list[EpisodeEvent], silence: bool, clock: Clock) -> str:
    """Why a case opened and how it ended. events: of its episode, in order."""
    opened, newest = events[0].episode, events[-1].episode
    hold = story.judged_by.hold if story.judged_by else None
    started, confirmed = clock(opened.started), clock(opened.confirmed)
    lasted = duration(opened.confirmed - opened.started)
    if story.rule == SOURCE_DOWN:
        said = f"There was a case because nothing came from {story.subject} from {started} on, for more than {lasted}."
    elif silence:
        rows = [line for line in story.lines if line.kind is Is.ROW and line.judged and line.turn < events[0].position]
        times = [line.ts for line in rows if line.ts <= opened.started]
        last = f" after the row of {clock(max(times))}" if times else ""
        said = f"There was a case because nothing was heard{last}: from {started} on that is wrong by the rule."
    elif opened.started == opened.confirmed:
        said = f"There was a case because it was wrong at {started}: the rule wants no more than one such row."
    else:
        how = (
            "silence counts as what the last row said" if hold and hold.assume is not None else "no row said otherwise"
        )
        said = f"There was a case because it was wrong from {started} to {confirmed}, for {lasted}, and {how}."
    if opened.late:
        said += " That was known late, from rows that came after others."
    if events[-1].change is Change.WITHDRAWN:
        return said + " It was taken back: a row that came later says otherwise."
    if math.isnan(newest.ended):
        return said + " It goes on."
    reason = _ENDINGS[What.ENDED_HEARD if silence and newest.reason == "clear" else What(f"ended: {newest.reason}")]
    if newest.late and newest.reason == "gap":
        reason = "the rows that came late end there, and nothing is joined across a gap"
    return said + f" It ended at {clock(newest.ended)}: {reason}."


def why_none(story: Story, found: Survey, window: Window, watch: Watch, clock: Clock) -> str:
    """Why there was no case at the time that was asked for, or which there was."""
    there = _then(found, window) or _down_then(story, found, window, clock) or _near(story, found, window, clock)
    if there:
        return there
    rule = story.judged_by
    if story.rule == SOURCE_DOWN:
        return f"No case: {story.subject} was never without a tick for so long that it counts as down."
    if rule is None:
        return f"No case: no rule {story.rule} was in force; there were: {', '.join(watch.all_rules) or 'none'}."
    rows = [line for line in story.lines if line.kind in (Is.ROW, Is.OMITTED)]
    asides = [line for line in story.lines if line.kind is Is.ASIDE]
    between = f"between {clock(window.low)} and {clock(window.high)}"
    if not rows:
        return f"No case: {_nothing_heard(story, found, window, between, asides, clock)}"
    missing = watch.missing()
    judged = [line for line in rows if line.judged]
    if not any(line.wrong if line.count else line.judged == "wrong" for line in rows) and missing:
        return f"No case: the rule can't judge {story.subject}: {'; '.join(missing)}."
    if not judged and not any(line.count for line in rows):
        why, n = Counter(line.unjudged for line in rows).most_common(1)[0]
        every = "none" if n == len(rows) else f"none (most of them: {n})"
        return f"No case: {len(rows)} rows came {between}, {every} of which could be judged: {why}."
    if watch.state is not None and watch.state.silence is not None and not any(line.judged == "wrong" for line in rows):
        return f"No case: {_not_silent(rows, found, window, clock)}"
    return f"No case: {_not_long_enough(rows, rule, between)}"


def _then(found: Survey, window: Window) -> str:
    """The case that there was at the very time."""
    for event in _newest(found.events):
        episode = event.episode
        if event.change is not Change.WITHDRAWN and episode.started <= window.at <= _until(episode):
            return f"There is a case at that time, {episode.id[:8]}: `gridwatch why {episode.id[:8]}` tells it."
    return ""


def _down_then(story: Story, found: Survey, window: Window, clock: Clock) -> str:
    """The source that was down at the time, where it kept the subject's rows away."""
    down = _down(found, window.at, window.at)
    if down is None or any(down.started < row.ts <= window.at for row in found.came):
        return ""
    return f"No case: no row of {story.subject} came then: {_was_down(down, clock)}."


def _near(story: Story, found: Survey, window: Window, clock: Clock) -> str:
    """Cases inside the window, but not at the time."""
    said = []
    for event in _newest(found.events):
        episode, ended = event.episode, _until(event.episode)
        if not (episode.started <= window.high and ended >= window.low):
            continue
        if event.change is Change.WITHDRAWN:
            said.append(f"a case from {clock(episode.started)} on was taken back: a row that came later says otherwise")
        else:
            until = "goes on" if math.isinf(ended) else f"ended at {clock(ended)}"
            said.append(f"case {episode.id[:8]} began at {clock(episode.started)} and {until}")
    if not said:
        return ""
    rows = [line for line in story.lines if line.judged and line.ts <= window.at]
    then = f", its row of {clock(rows[-1].ts)} was {rows[-1].judged}" if rows else ""
    for line in story.lines:
        for each in line.transitions:
            if each.what in _DROPPED and each.since <= window.at <= line.ts:
                then = f": what began to be wrong at {clock(each.since)} was {text(each, clock)}"
    return f"No case at {clock(window.at)} itself{then}; near it {'; '.join(said)}."


def _newest(events: list[EpisodeEvent]) -> list[EpisodeEvent]:
    """The last event of each episode, in the order in which they opened."""
    return list({event.episode.id: event for event in events}.values())


def _until(episode: Episode) -> float:
    return math.inf if math.isnan(episode.ended) else episode.ended


def _nothing_heard(story: Story, found: Survey, window: Window, between: str, asides: list[Line], clock: Clock) -> str:
    if window.high < found.since or window.low > found.until:
        return f"the recording has nothing {between}: it goes from {clock(found.since)} to {clock(found.until)}."
    if asides:
        why = Counter(line.unjudged for line in asides).most_common(1)[0][0]
        what = "the only delivery was" if len(asides) == 1 else f"all {len(asides)} deliveries were"
        return f"{what} set aside {between}, {why.removeprefix('set aside: ')}."
    down = _down(found, window.low, window.high)
    if down:
        return f"no row {between}: {_was_down(down, clock)}."
    if not found.came:
        return f"the whole recording has no row of {story.subject} of the kind that the rule judges."
    times = [row.ts for row in found.came]
    before = max((ts for ts in times if ts < window.low), default=math.nan)
    after = min((ts for ts in times if ts > window.high), default=math.nan)
    last = "" if math.isnan(before) else f" Its last row before was at {clock(before)}."
    following = "" if math.isnan(after) else f" The next came at {clock(after)}."
    return f"no row of {story.subject} came {between}.{last}{following}"


def _down(found: Survey, low: float, high: float) -> Episode | None:
    """A source that was down at some time between two."""
    for event in _newest(found.downs):
        episode = event.episode
        if event.change is not Change.WITHDRAWN and episode.started <= high and _until(episode) >= low:
            return episode
    return None


def _was_down(down: Episode, clock: Clock) -> str:
    until = "on" if math.isnan(down.ended) else f"to {clock(down.ended)}"
    return f"the source {down.subject} was down from {clock(down.started)} {until}"


def _not_silent(rows: list[Line], found: Survey, window: Window, clock: Clock) -> str:
    """Of a rule that asks about silence: why that was none."""
    idle = (What.SILENCE_FROM, What.SILENCE_NEVER)
    asked = [(line, each) for line in rows for each in line.transitions if each.what in idle]
    if not asked:
        return "no row came after which silence could be wrong."
    line, each = next(((a, b) for a, b in reversed(asked) if a.ts <= window.at), asked[0])
    if each.what is What.SILENCE_NEVER:
        return f"after its row of {clock(line.ts)} silence is not wrong by this rule."
    said = f"after its row of {clock(line.ts)} silence would have been wrong from {clock(each.since)} on"
    following = min((row.ts for row in found.came if row.ts > line.ts), default=math.inf)
    if following < each.since:
        return f"{said}, and the next row came at {clock(following)}."
    down = _down(found, line.ts, each.since)
    if down:
        return f"{said}, but {_was_down(down, clock)}: silence is counted from its return."
    return f"{said}, and the recording ends at {clock(found.until)}."


def _not_long_enough(rows: list[Line], rule: Rule, between: str) -> str:
    wrong = sum(line.wrong if line.count else line.judged == "wrong" for line in rows)
    judged = sum(line.count or bool(line.judged) for line in rows)
    unit = f" {rule.detector.unit}" if rule.detector.unit else ""
    if not wrong:
        measures = [line.measure for line in rows if not math.isnan(line.measure)]
        worst = f"; the worst measure was {rule.detector.worse(measures):.4g}{unit}" if measures else ""
        return f"none of the {judged} rows that were judged {between} was wrong{worst}."
    runs = [each for line in rows for each in line.transitions]
    barred = [each for each in runs if each.what is What.BARRED]
    if barred:
        return "a silence that began at the same time has had it."
    lasted, how = 0.0, "the recording ends before that"
    for each in runs:
        if each.what is What.PENDING and each.lasted > lasted:
            lasted, how = each.lasted, ""
        if each.what is What.DROPPED_BY_RIGHT and each.lasted >= lasted:
            lasted, how = each.lasted, _DROPPED[each.what]
        elif each.what in _DROPPED and not how:
            how = _DROPPED[each.what]
    then = f"; {how}" if how else ""
    most = f"{duration(lasted)} at most" if lasted else "a single row at a time"
    return f"it was wrong for {most}, and the rule wants {duration(rule.hold.for_)}{then}."
