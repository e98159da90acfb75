"""channels: how a notice reaches people. What there is needs one method; Apprise is the real one.

Apprise sends by a hundred services, each an URL: e-mail, DingTalk, WeCom, Feishu, Telegram, SMS … An URL is a secret:
it is never in a message of ours, and what Apprise itself would log stays unsaid.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Protocol

from cases.notify.notifier import Letter
from cases.notify.settings import NotifySection
from pipeline.links import secrets


class Channel(Protocol):
    """Somewhere that a notice can go."""

    def send(self, letter: Letter) -> str:
        """Send it and wait until they have it. '' where they have; else why not, in plain text without secrets."""
        ...


class AppriseChannel:
    """One Apprise URL. For one thread."""

    def __init__(self, variable: str, url: str) -> None:
        """variable: where the URL comes from, for errors. Raises ValueError where it is none, or more than one."""
        logger = logging.getLogger("apprise")
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of what Apprise itself imports
            import apprise

            self._apprise = apprise.Apprise()
            known = self._apprise.add(url)
        if not known or len(self._apprise) != 1:
            wiki = "https://github.com/caronc/apprise/wiki"
            raise ValueError(f"{variable}: expected one Apprise URL, such as 'mailto://…' (see {wiki})")
        self._service = str(self._apprise[0].service_name)
        self._kinds = {4: apprise.NotifyType.FAILURE, 3: apprise.NotifyType.WARNING}
        self._usual = apprise.NotifyType.INFO

    def send(self, letter: Letter) -> str:
        """By the service."""
        kind = self._kinds.get(letter.severity, self._usual)
        sent = self._apprise.notify(body=letter.body, title=letter.title, notify_type=kind, body_format="text")
        return "" if sent else f"{self._service} has not taken it: it can't be reached, or refuses it"


def channels(section: NotifySection, environment: Mapping[str, str]) -> dict[str, Channel]:
    """Every channel of the section, by name. Raises ValueError naming a variable that is not set or says no URL."""
    found: dict[str, Channel] = {}
    for name, channel in section.channels.items():
        (url,) = secrets(environment, url_env=channel.url_env)
        found[name] = AppriseChannel(channel.url_env, url or "")
    return found
