"""limits: how large a request may be, what every answer tells browsers, and how a fault of ours ends."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.audit import ADDRESS
from console.errors import Refused, failed, refusal
from console.security import API
from console.words import LANGUAGE, language_of


class Limits:
    """Refuses bodies of too many bytes, said or sent; sets the headers of every answer; ends what fails."""

    def __init__(self, app: ASGIApp, max_body: Callable[[], int]) -> None:
        """max_body: bytes of a request, asked for each."""
        self._app, self._max_body = app, max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        said = Headers(scope=scope)
        ADDRESS.set((scope.get("client") or ("",))[0])
        LANGUAGE.set(language_of(said.get("accept-language", "")))
        begun, most = False, self._max_body()

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in API.items():
                    headers.setdefault(name, value)
            await send(message)

        too_large = f"Expected a request of at most {most} bytes."
        length = said.get("content-length", "0")
        if not length.isdecimal() or len(length) > 18 or int(length) > most:
            await refusal(scope["path"], Refused(413, too_large))(scope, receive, with_headers)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > most:
                raise HTTPException(413, too_large)
            return message

        try:
            await self._app(scope, counted, with_headers)
        except Exception as error:
            if begun:
                raise
            await failed(scope["path"], error)(scope, receive, with_headers)
