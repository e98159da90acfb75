"""town: what stands and is allowed in the made-up city: zones, sites, fleet, permits, routes and bins.

It follows from the sizes alone (how many lorries, refuse trucks and bins), never from a day's seed, because registers
of it are kept in configs/demo. A larger fleet has the smaller one's vehicles and permits first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from shapely.geometry import Polygon

from replay.simulator import names
from replay.simulator.patches import nearest_next, patches
from replay.simulator.shifts import shift
from replay.simulator.streets import LAYOUT_SEED, Grade, block, streets, warp

OLD_LIMIT = 50.0
"""km/h: some old lorries may not drive faster"""
ZONE_LIMIT = 30.0
_BINS = 300

CANYON = Polygon(warp(np.array([(-2_900, -1_500), (500, -1_500), (500, 1_600), (-2_900, 1_600)], float)))
"""Where high houses disturb GNSS."""
DARK = Polygon(warp(np.array([(2_900, -4_200), (5_300, -4_200), (5_300, -900), (2_900, -900)], float)))
"""The eastern tunnels and cuttings, where terminals have no network: they store, and upload when they are out."""

_MUCK_DEPOTS = ((-4_900, 3_900), (-4_700, -4_100), (2_300, 4_300))
_REFUSE_DEPOT = (-5_300, 300)
_DISPOSAL = ((5_750, -2_500), (-5_500, -2_600), (5_300, 4_200), (-900, -4_800))
_LOADING = (
    (-3_300, 1_300), (2_300, 1_900), (-1_900, 3_300), (4_100, 800), (-3_600, -2_600), (2_600, -2_300),
    (-800, -2_600), (-4_300, 500), (3_500, 3_100), (-2_700, -3_900), (1_900, 400), (-400, 2_400),
)  # fmt: skip


BESIDE = "school-south"
"""The no-go zone that routes run beside, 20 m off: they are right, and a careless rule would have them wrong."""
_BESIDE_THE_RING = Polygon([(-209, -3_171), (128, -3_153), (133, -3_243), (-205, -3_261)])

_UNPERMITTED = 30
"""One lorry of so many has no permit that holds."""
ENDED = "2023-06-30"
"""The last day of permits that hold no more."""


@dataclass(frozen=True, slots=True)
class Zone:
    """An area with a use, on the plane."""

    id: str
    use: str
    outline: Polygon
    speed_limit: float | None = None
    """km/h"""
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A place where vehicles stop: a node of the street network with a yard around it."""

    id: str
    use: str
    node: int
    names: names.Name


@dataclass(frozen=True, slots=True)
class Truck:
    """A muck truck with its permit: which sites it may drive between, and the routes (by id) that it must keep to."""

    id: str
    device: str
    plate: str
    speed_limit: float | None
    depot: Site
    loading: Site
    disposal: Site
    permit: str
    routes: tuple[str, str, str]
    """depot to loading site, loading to disposal site, disposal site to depot"""
    number: int = 0
    body_device: str = ""
    """a second device, that reports lid, load and body; '' where the terminal does"""
    hours: tuple[tuple[int, int], ...] = ()
    """when it may drive: minutes after local midnight, an end before its start is next day's; none: always"""
    permitted: bool = True
    """whether its permit holds"""
    ended: str = ""
    """the last day of a permit that holds no more; '' where it has none at all"""


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin at the roadside, on the plane."""

    id: str
    x: float
    y: float
    node: int
    """where a refuse truck stops for it"""
    address: str
    kind: str
    """market, homes or offices: when it fills"""
    rate: float
    """per cent an hour on an ordinary hour"""


@dataclass(frozen=True, slots=True)
class RefuseTruck:
    """A refuse truck with the bins of its round, in the order of the round."""

    id: str
    device: str
    plate: str
    round: tuple[int, ...]


@dataclass
class Town:
    """The city as its registers know it."""

    trucks: int = 60
    refuse_trucks: int = 25
    bin_count: int = 300
    sweeper_count: int = 6
    patrol_count: int = 4
    sensor_count: int = 40
    ways: dict[str, list[int]] = field(default_factory=dict)
    """the routes that permits name: id -> nodes"""

    @cached_property
    def zones(self) -> list[Zone]:
        """Those of the register: the drawn ones and a yard for each site."""
        return self.drawn + [Zone(site.id, site.use, self.yard(site)) for site in self.sites]

    @cached_property
    def drawn(self) -> list[Zone]:
        """Where lorries may not go, and where everyone must go slowly."""
        lorries = ("muck_truck",)
        return [
            Zone("old-town", "no_go", block(-900, 500, 110), classes=lorries),
            Zone("school-west", "no_go", block(-3_700, 2_900, 190), classes=lorries),
            Zone("school-river", "no_go", block(2_300, -800, 190), classes=lorries),
            Zone("school-east", "no_go", block(5_200, 400, 190), classes=lorries),
            Zone(BESIDE, "no_go", _BESIDE_THE_RING, classes=lorries),
            Zone("hospital", "limit", block(-2_300, 800, -70), speed_limit=ZONE_LIMIT),
        ]

    @cached_property
    def sites(self) -> list[Site]:
        """Depots first, then disposal sites, then loading sites."""
        return [*self.depots, *self.disposal_sites, *self.loading_sites]

    @cached_property
    def depots(self) -> list[Site]:
        """The lorries' first, the refuse trucks' last."""
        words = (
            ("北渣土车场", "North Yard"),
            ("南渣土车场", "South Yard"),
            ("东渣土车场", "East Yard"),
            ("环卫车场", "Refuse Yard"),
        )
        return self._sites("depot", "depot", (*_MUCK_DEPOTS, _REFUSE_DEPOT), words)

    @cached_property
    def disposal_sites(self) -> list[Site]:
        """Where loads are tipped; the first can only be reached through the dark area."""
        words = (
            ("东山消纳场", "East Hill Tip"),
            ("西洼消纳场", "West Hollow Tip"),
            ("北滩消纳场", "North Flats Tip"),
            ("南港消纳场", "South Dock Tip"),
        )
        return self._sites("disposal", "disposal", _DISPOSAL, words)

    @cached_property
    def loading_sites(self) -> list[Site]:
        """Construction sites."""
        words = tuple((f"{n + 1}号工地", f"Construction Site {n + 1}") for n in range(len(_LOADING)))
        return self._sites("site", "site", _LOADING, words)

    def _sites(
        self, use: str, prefix: str, places: tuple[tuple[int, int], ...], words: tuple[names.Name, ...]
    ) -> list[Site]:
        net = streets()
        open_nodes = [
            any(net.grade[e] == Grade.LOCAL for _, e in near) and not any(e in self.forbidden for _, e in near)
            for near in net.near
        ]
        spots = warp(np.array(places, float))
        return [
            Site(f"{prefix}-{n + 1}", use, net.nearest(x, y, open_nodes), word)
            for n, ((x, y), word) in enumerate(zip(spots.tolist(), words, strict=True))
        ]

    def yard(self, site: Site) -> Polygon:
        """The ground of a site."""
        x, y = streets().nodes[site.node]
        return shapely.box(x - 90, y - 70, x + 90, y + 70)

    @cached_property
    def forbidden(self) -> frozenset[int]:
        """Edges in a no-go zone or near one: no route leads there."""
        zones = [z.outline.buffer(10 if z.id == BESIDE else 60) for z in self.drawn if z.use == "no_go"]
        return streets().edges_in(shapely.union_all(zones))

    @cached_property
    def slow(self) -> frozenset[int]:
        """Edges in a zone with a limit, or so near that a driver has slowed down."""
        return streets().edges_in(shapely.union_all([z.outline.buffer(70) for z in self.drawn if z.use == "limit"]))

    @cached_property
    def dark(self) -> frozenset[int]:
        """Edges without network."""
        return streets().edges_in(DARK)

    @cached_property
    def yards(self) -> shapely.Geometry:
        """All sites' yards as one."""
        yards = shapely.union_all([self.yard(site) for site in self.sites])
        shapely.prepare(yards)
        return yards

    @cached_property
    def lorries(self) -> list[Truck]:
        """The muck trucks, and by the way the routes of their permits in `ways`."""
        return [self._lorry(n) for n in range(self.trucks)]

    def _lorry(self, n: int) -> Truck:
        depot, loading = self.depots[n % len(_MUCK_DEPOTS)], self.loading_sites[n % len(_LOADING)]
        disposal = self.disposal_sites[(n // len(_LOADING) + n) % len(_DISPOSAL)]
        routes = (
            self._route("A", depot, loading),
            self._route("H", loading, disposal),
            self._route("R", disposal, depot),
        )
        limit = OLD_LIMIT if n % 20 == 11 else None
        return Truck(
            f"muck-{n + 1:03d}",
            f"T{n + 1:04d}",
            names.plate("D", n + 1),
            limit,
            depot,
            loading,
            disposal,
            f"P-{n + 1:04d}",
            routes,
            n,
            f"D{n + 1:04d}" if n % 3 == 1 else "",
            shift(n),
            permitted=n % _UNPERMITTED != 17,
            ended=ENDED if n % (2 * _UNPERMITTED) == 17 else "",
        )

    def _route(self, kind: str, start: Site, end: Site) -> str:
        number = f"{kind}-{start.id.split('-')[1]:0>2}-{end.id.split('-')[1]:0>2}"
        if number not in self.ways:
            self.ways[number] = streets().way(start.node, end.node, self.forbidden)
        return number

    @cached_property
    def bins(self) -> list[Bin]:
        """Along the streets, most of them in the middle of the city, none where their sensors would have no network."""
        net, rng = streets(), np.random.default_rng([LAYOUT_SEED, 1])
        fit = [
            min(net.length[e] for _, e in near) > 45 and not any(e in self.dark for _, e in near) for near in net.near
        ]
        nodes = np.flatnonzero(fit)
        weight = np.exp(-np.hypot(*net.nodes[nodes].T) / 3_500)
        count = max(self.bin_count, _BINS)  # a smaller city has the first of them, where the demo's register says
        chosen = rng.choice(nodes, count, replace=count > len(nodes), p=weight / weight.sum())
        return [self._bin(n, int(node), rng) for n, node in enumerate(chosen)][: self.bin_count]

    def _bin(self, n: int, node: int, rng: np.random.Generator) -> Bin:
        net = streets()
        neighbour, edge = net.near[node][int(rng.integers(len(net.near[node])))]
        along = (net.nodes[neighbour] - net.nodes[node]) / net.length[edge]
        aside = np.array([along[1], -along[0]]) * rng.choice([-6.0, 6.0])
        x, y = net.nodes[node] + along * rng.uniform(12, 22) + aside
        kind = str(rng.choice(["market", "homes", "offices"], p=[0.2, 0.5, 0.3]))
        where = names.address(net.name[edge], int(rng.integers(1, 400)))
        return Bin(f"B-{n + 1:04d}", float(x), float(y), node, where, kind, float(rng.uniform(3, 5.5)))

    @cached_property
    def refuse(self) -> list[RefuseTruck]:
        """Each with the bins of one patch of the city, in the order of the nearest next."""
        place = np.array([(b.x, b.y) for b in self.bins]).reshape(-1, 2)
        shared = patches(place, self.refuse_trucks)
        return [
            RefuseTruck(f"refuse-{n + 1:02d}", f"R{n + 1:04d}", names.plate("L", n + 1), nearest_next(place, patch))
            for n, patch in enumerate(shared)
        ]
