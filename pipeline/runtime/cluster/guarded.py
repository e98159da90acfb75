"""guarded: a Faust agent whose failure ends the process, and which hears what partitions are here."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, cast

import faust
from faust.types import TP, AgentT, StreamT


def guarded_agent(
    app: faust.App,
    topic: Any,
    name: str,
    run: Callable[[faust.Stream[bytes]], Awaitable[None]],
    assigned: Callable[[Iterable[TP]], None],
    log: Any,
) -> AgentT[Any]:
    """run: all that the agent does, as long as the worker runs. assigned: told of all partitions that are here, of
    whatever topic, at each rebalance."""

    async def guarded(stream: StreamT[Any]) -> None:
        try:
            await run(cast(faust.Stream[bytes], stream))
        except Exception:
            said = f"agent '{name}' failed; this worker ends, so that nothing is lost"
            log.critical(said, exc_info=True)
            os._exit(os.EX_SOFTWARE)  # the ordinary way out would acknowledge what was not done

    async def heard(_: Any, /, *about: Any, **__: Any) -> None:
        assigned(about[0])

    app.on_partitions_assigned.connect(heard, weak=False)
    return app.agent(topic, name=name)(guarded)
