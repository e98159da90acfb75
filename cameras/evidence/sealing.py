"""sealing: an original that only one key opens, in the format of age (https://age-encryption.org/v1).

X25519, HKDF and ChaCha20-Poly1305, as the library `pyrage` has them. What seals is the public key: the computer beside
the camera can't open what it wrote, nor can who steals it. `age` itself opens it too.
"""

from __future__ import annotations


class SealFailed(Exception):
    """It can't be opened; the message says why."""


def check_recipient(text: str) -> str:
    """A public key, as a configuration has it. Raises ValueError, which never repeats the text: it may be a secret."""
    if text.upper().startswith("AGE-SECRET-KEY-"):
        raise ValueError(
            "expected the public key, age1…: this is the secret one. Make a new pair, since this one has been written"
            " down, and keep its secret key away from cameras"
        )
    try:
        import pyrage  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        raise ValueError("sealing needs pyrage: pip install 'gridwatch[cameras]'") from None
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise ValueError("expected a public key such as age1…, as `age-keygen` makes it") from None
    return text


def seal(data: bytes, recipient: str) -> bytes:
    """Sealed for a public key that has been checked."""
    import pyrage

    return bytes(pyrage.encrypt(data, [pyrage.x25519.Recipient.from_str(recipient)]))


def unseal(data: bytes, identity: str) -> bytes:
    """Opened with a secret key, AGE-SECRET-KEY-1…; lines that begin with # are skipped. Raises SealFailed."""
    import pyrage

    lines = [line.strip() for line in identity.splitlines() if line.strip() and not line.startswith("#")]
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines]
    except pyrage.IdentityError:
        raise SealFailed("that is no secret key: expected AGE-SECRET-KEY-1…, as `age-keygen` makes it") from None
    if not keys:
        raise SealFailed("there is no secret key in it: expected AGE-SECRET-KEY-1…, as `age-keygen` makes it")
    try:
        return bytes(pyrage.decrypt(data, keys))
    except pyrage.DecryptError:
        raise SealFailed("it can't be opened: it was sealed for another key, or has been changed") from None


def new_identity() -> tuple[str, str]:
    """A new secret key, and the public key that belongs to it."""
    import pyrage

    secret = pyrage.x25519.Identity.generate()
    return str(secret), str(secret.to_public())
