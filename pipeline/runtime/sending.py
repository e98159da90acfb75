"""sending: one target's thread: sends what the outbox gives, records what came of it, asks and hears for answers."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

from cases.database import StoreTrouble
from cases.office import NoAnswerYet, NotHeard, Office
from cases.outbox.answers import Hearing, NotUnderstood, Unknown
from cases.outbox.looking import Asked, asked, ended, to_ask
from cases.outbox.outbox import Letter, Outbox, Outcome
from cases.words import Step
from connectors.dispatch.message import Again, Asks, Listener, Listens, Message, Refused, Sender, Sent, Status
from pipeline.runtime.dispatch_section import TargetSection
from pipeline.runtime.logs import Trouble

IDLE = 0.5
"""Between two looks for a message whose time has come, seconds; what is new wakes it at once."""
TOGETHER = 50
"""How many requests are asked about at once."""
FINAL = frozenset({"handled", "return"})
"""After these there is nothing more to be asked about a message."""


class Sending:
    """To one target. `start`, `stop`, each once."""

    _office: Office
    """Where answers are said, from the start on."""

    def __init__(
        self,
        name: str,
        target: TargetSection,
        sender: Sender,
        outbox: Outbox,
        hearing: Hearing,
        log: Any,
        ending: threading.Event,
    ) -> None:
        self.name, self._target, self._sender = name, target, sender
        self._outbox, self._hearing = outbox, hearing
        self._log, self._ending = log, ending
        self._trouble = Trouble(log, f"dispatch to {name}")
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"dispatch-{name}", daemon=True)
        self._listening: Listener | None = None

    def start(self, office: Office) -> None:
        """Begin. office: where answers are said."""
        self._office = office
        if isinstance(self._sender, Listens):
            self._listening = self._sender.listen(self.hear)
        self._thread.start()

    def wake(self) -> None:
        """There may be something new."""
        self._news.set()

    def stop(self) -> None:
        """End, once what is on its way is over."""
        self._news.set()
        if self._listening is not None:
            self._listening.close()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        store = Trouble(self._log, f"the outbox of {self.name} can't be read")
        while not self._ending.is_set():
            try:
                self._news.clear()
                letter = self._outbox.next(self.name, time.time())
                if letter is not None:
                    self._send(letter)
                    continue
                self._ask()
                store.worked()
            except StoreTrouble as error:
                store.failed(error)
            except Exception as error:  # noqa: BLE001  whatever it is: it is said, and the other targets go on
                store.failed(error)
            self._news.wait(IDLE)
        self._sender.close()

    # -- telling ------------------------------------------------------------------------------------------------------

    def _send(self, letter: Letter) -> None:
        message = Message(**{name: getattr(letter, name) for name in Letter.__struct_fields__})
        try:
            outcome = self._sender.send(message)
        except Exception as error:  # noqa: BLE001  a fault of our own with one message: it dies, others go on
            outcome = Again(f"a fault of our own: {type(error).__name__}: {error}")
            self._log.exception(f"dispatch to {self.name} failed by a fault of our own", message=letter.id)
        self._say(letter, outcome)
        look = outcome.look if isinstance(outcome, Sent) and self._target.answers is not None else None
        result = Outcome(
            taken=isinstance(outcome, Sent),
            refused=isinstance(outcome, Refused),
            why="" if isinstance(outcome, Sent) else outcome.why,
            away=outcome.away if isinstance(outcome, Again) else None,
            reference=outcome.reference if isinstance(outcome, Sent) else "",
            look=look,
        )
        while True:
            try:
                self._outbox.record(self.name, letter.id, result, time.time())
                return
            except StoreTrouble:  # not recorded is sent again
                if self._ending.wait(1.0):
                    return

    def _say(self, letter: Letter, outcome: Sent | Refused | Again) -> None:
        if isinstance(outcome, Again):
            self._trouble.failed(ConnectionError(outcome.why))
            return
        self._trouble.worked()
        if isinstance(outcome, Refused):
            advice = "see `gridwatch dispatch dead`"
            self._log.warning(f"{self.name} refused a message: {outcome.why}; {advice}", case=letter.case)

    # -- their answers ------------------------------------------------------------------------------------------------

    def hear(self, payload: bytes) -> bool:
        """Something that came as an answer; whether it is in good hands."""
        try:
            step = self._hearing.answer(self.name, json.loads(payload), time.time())
        except (ValueError, RecursionError, Unknown) as error:
            why = str(error) if isinstance(error, NotUnderstood | Unknown) else "expected JSON of a usual size"
            self._log.warning(f"an answer of {self.name} moves nothing: {why}")
            return True
        except StoreTrouble:
            return False
        except Exception:  # noqa: BLE001  a fault of our own with one answer: others are heard
            self._log.exception(f"an answer of {self.name} could not be read by a fault of our own")
            return True
        return step is None or self._told(step)

    def _told(self, step: Step) -> bool:
        try:
            answer = self._office.say(step)
        except NoAnswerYet:
            return True
        except (NotHeard, StoreTrouble):
            return False
        except Exception:  # noqa: BLE001  a fault of our own: it is said again later
            self._log.exception(f"an answer of {self.name} could not be said by a fault of our own", case=step.case)
            return False
        if not answer.taken:
            self._log.info(f"an answer of {self.name} moves nothing: {answer.why}", case=step.case, action=step.action)
        return True

    def _ask(self) -> None:
        asks, now = self._sender, time.time()
        if not isinstance(asks, Asks) or self._target.answers is None:
            return
        due = to_ask(self._outbox.engine, self.name, now, TOGETHER)
        if not due:
            return
        found = asks.ask([each.reference for each in due])
        if isinstance(found, Again):
            self._trouble.failed(ConnectionError(found.why))
        over = ended(self._outbox.engine, {each.case for each in due})
        states = {} if isinstance(found, Again) else {each.reference: each for each in found}
        for each in due:
            self._heard(each, states.get(each.reference), now, each.case in over, asks.every)

    def _heard(self, about: Asked, state: Status | None, now: float, over: bool, every: float) -> None:
        status, look = about.status, None if over else now + every
        if state is not None and f"{state.status} {state.expected}".strip() != status:
            known, final = self._take(about, state, now)
            if known:
                status = f"{state.status} {state.expected}".strip()
                look = None if final else look
        number = state.number if state is not None else ""
        asked(self._outbox.engine, about.message, status, look, number if number != about.reference else "")

    def _take(self, about: Asked, state: Status, now: float) -> tuple[bool, bool]:
        """Whether what they say is in good hands, and whether it is the last that they say."""
        payload = {
            "message": about.message,
            "status": state.status,
            "note": state.note,
            "at": state.at,
            "id": f"{state.number} {state.status} {state.at}",
        }
        steps: list[Step] = []
        if state.expected:
            text = f"{self.name} promises it by {state.expected}"
            steps.append(self._hearing.note(self.name, about.case, about.message, text, now))
        try:
            step = self._hearing.answer(self.name, payload, now)
        except (NotUnderstood, Unknown) as error:
            self._log.warning(f"the status of a request at {self.name} moves nothing: {error}", case=about.case)
        else:
            steps += [] if step is None else [step]
        final = any(step.action in FINAL for step in steps)
        return all(self._told(step) for step in steps), final
