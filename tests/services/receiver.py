"""receiver: a webhook receiver as a process of its own, which a test kills: PORT FILE.

What it believes (by `standardwebhooks`) and can read (by `cloudevents`) it appends to FILE, one line an event: number
of the change, case, id. It has it on the disk before it says so.
"""

from __future__ import annotations

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import Webhook, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def main(port: int, file: Path) -> None:
    with file.open("a", encoding="utf-8") as kept:

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    Webhook(SECRET).verify(body, headers)
                except WebhookVerificationError:
                    self.send_response(401)
                    self.end_headers()
                    return
                event: Any = from_structured_event(HTTPMessage(headers, body))
                data = event.get_data()
                kept.write(f"{data['change']} {event.get_subject()} {event.get_id()}\n")
                kept.flush()
                os.fsync(kept.fileno())
                self.send_response(204)
                self.end_headers()

        ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
