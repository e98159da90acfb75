"""present: which connections a gateway has, from which address, and who is on which."""

from __future__ import annotations

from collections import Counter

from connectors.gateway.peer import Peer
from connectors.gateway.settings import GatewaySource


class Present:
    """Those of one gateway. counts: how often one was refused or replaced."""

    def __init__(self, settings: GatewaySource, counts: Counter[str]) -> None:
        self._settings, self._counts = settings, counts
        self.peers: set[Peer] = set()
        self.addresses: Counter[str] = Counter()
        self.known: dict[str, Peer] = {}

    def take(self, peer: Peer) -> bool:
        """A connection stands; False: it is one too many."""
        if len(self.peers) >= self._settings.connections:
            self._counts["connections"] += 1
            return False
        if self.addresses[peer.address] >= self._settings.per_address:
            self._counts["per_address"] += 1
            return False
        self.peers.add(peer)
        self.addresses[peer.address] += 1
        return True

    def gone(self, peer: Peer) -> None:
        """A connection has ended."""
        self.peers.discard(peer)
        self.addresses[peer.address] -= 1
        if self.addresses[peer.address] <= 0:
            del self.addresses[peer.address]
        if self.known.get(peer.talk.who) is peer:
            del self.known[peer.talk.who]

    def welcome(self, peer: Peer) -> None:
        """Whoever it is is in; an earlier connection of the same is dead without knowing it. Once for each connection:
        what an earlier one had still said must not bring it back."""
        peer.welcomed = True
        earlier = self.known.get(peer.talk.who)
        self.known[peer.talk.who] = peer
        if earlier is not None:
            self._counts["replaced"] += 1
            earlier.close()
