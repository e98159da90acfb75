"""people_passwords: passwords of people: argon2id, compared in the same time whoever it is, few at a time.

Parameters are those of RFC 9106 for machines with little memory (64 MiB, 3 passes), the defaults of argon2-cffi; what
was hashed with others is hashed anew at the next login. As each takes that memory, at most two run at a time.
"""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 200
_AT_ONCE = 2
_PATIENCE = 10.0
"""Seconds that one waits for its turn."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that looks like another."""


class Busy(Exception):
    """Too many are logging in."""


class Passwords:
    """Any thread."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe(16))

    def hashed(self, password: str) -> str:
        """As it is kept. Raises Busy."""
        self._take()
        try:
            return self._hasher.hash(password)
        finally:
            self._turns.release()

    def fits(self, password: str, hash: str) -> bool:
        """Whether it is that password. hash: ''; nobody's, which takes as long. Raises Busy."""
        self._take()
        try:
            return self._hasher.verify(hash or self._nobodys, password) and bool(hash)
        except (VerificationError, InvalidHashError):
            return False
        finally:
            self._turns.release()

    def is_old(self, hash: str) -> bool:
        """Whether it was made with other parameters."""
        return self._hasher.check_needs_rehash(hash)

    def made_up(self) -> str:
        """A new one at random, easy to copy by hand: 20 letters in groups (99 bits)."""
        letters = "".join(secrets.choice(_LETTERS) for _ in range(20))
        return "-".join(letters[n : n + 5] for n in range(0, 20, 5))

    def _take(self) -> None:
        if not self._turns.acquire(timeout=_PATIENCE):
            raise Busy


def fault_in(password: str, name: str) -> str:
    """What is wrong with a new password of this user; '': nothing."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"expected a password of {SHORTEST} to {LONGEST} characters"
    if len(set(password)) < 6:
        return "expected a password with more different characters"
    if name and name.casefold() in password.casefold():
        return "expected a password without your name in it"
    return ""
