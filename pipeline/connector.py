"""connector: the contract between gridwatch and whoever connects a system that no source of ours speaks to.

A connector says what its settings are and how deliveries come, raw. Connecting again, waiting longer each time, the
journal, ticks and the order of acknowledging are done for it, as for every source. It decodes nothing: that is a
codec's.

    class Poll(Connector):
        url: str

        async def deliveries(self, folder, environment):
            async with httpx.AsyncClient() as client:
                while True:
                    yield [("acme/bins", (await client.get(self.url)).content)]
                    await asyncio.sleep(60)
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

Delivery = tuple[str, bytes]
"""Its topic, which streams are chosen by, and what came, as it came."""


class Connector(BaseModel):
    """How does what another system says come in? Annotated attributes are its settings, beside `type`, `down` and
    `client_id`.

    A secret is never a setting: the setting is the name of the environment's variable that has it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def ready(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Raises ValueError or OSError, in words for people, where something is missing that waiting does not bring: a
        variable of the environment, a file. Asked once, before anything is connected.

        folder: what files are relative to.
        """

    def deliveries(self, folder: Path, environment: Mapping[str, str]) -> AsyncGenerator[Sequence[Delivery], None]:
        """One connection, from its beginning to its end: what comes, a few at a time, in order. An `async def` that
        yields.

        The first that is yielded says that the connection stands; yield an empty sequence where nothing has come yet.
        Control comes back from a `yield` only when what was yielded is in the journal: that is the place to acknowledge
        it to whoever sent it. After the end, or whatever is raised, it is called again, a little later each time. It is
        closed where it waits (`finally`, `async with` run) when the city stops or has other settings.

        Never wait in it but by `await`: the word that time passes would wait too.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what comes: it has no deliveries")
