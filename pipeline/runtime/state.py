"""state: what a restart needs besides the journal: the engine, and what is known and not yet in the store."""

from __future__ import annotations

import msgspec

from cases.fold import Fold
from pipeline.engine import Engine

FORMAT = 2


class _Saved(msgspec.Struct):
    format: int
    engine: bytes
    fold: bytes


def save(engine: Engine, fold: Fold) -> bytes:
    """Both as bytes, of the same position."""
    return msgspec.msgpack.encode(_Saved(FORMAT, engine.snapshot(), fold.dump()))


def restore(engine: Engine, data: bytes) -> Fold:
    """Take up the state in a new engine. Raises ValueError where it is of another format."""
    try:
        saved = msgspec.msgpack.decode(data, type=_Saved)
        if saved.format != FORMAT:
            raise ValueError(f"the snapshot has format {saved.format}, this gridwatch reads {FORMAT}")
        fold = Fold.load(saved.fold)
    except msgspec.MsgspecError as error:
        raise ValueError(f"this is not the snapshot of a city: {error}") from error
    engine.restore(saved.engine)
    return fold
