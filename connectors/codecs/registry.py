"""registry: the codecs that a configuration can name: our own, and those of installed packages.

A package brings a codec by an entry point of the group `gridwatch.codecs`, whose name is the name in the configuration
and which is a class of `Codec`. What can't be loaded takes nothing else with it: `broken` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.codec import Codec
from pipeline.registry import Registry

if TYPE_CHECKING:
    from connectors.codecs.stream import CodecKind

GROUP = "gridwatch.codecs"
REGISTRY = Registry("codec", "connectors.codecs:UNPACKERS", GROUP)


def unpacker(name: str) -> type[Codec]:
    """The codec of that name. NotRegistered with a suggestion; TypeError where an entry point is no codec."""
    return REGISTRY.kind(name, Codec)


def from_plugins(own: Mapping[str, object]) -> tuple[dict[str, CodecKind], dict[str, str]]:
    """The codecs of installed packages that a stream can name, and why others can't be had.

    own: the names that are taken.
    """
    from connectors.codecs.unpacked import kind_of

    def make(name: str, codec: type[Codec]) -> CodecKind | None:
        if name in own:
            raise ValueError(f"gridwatch has a codec '{name}' of its own; the package's needs another name")
        return kind_of(name, codec) if codec.timed else None

    return REGISTRY.of_packages(Codec, make)
