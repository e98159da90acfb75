"""names: what streets and sites of the made-up city are called, in Chinese and in English.

Meanings, not transcriptions: 银杏路 is Ginkgo Road. Plates begin with 演 (to perform, to rehearse), which is no
province, so that no real plate can appear.
"""

from __future__ import annotations

PLATE = "演A·{letter}{number:04d}"
"""letter: D for muck trucks (their yellow plates often begin so), L for refuse trucks."""

_WORDS = (
    ("银杏", "Ginkgo"), ("香樟", "Camphor"), ("玉兰", "Magnolia"), ("桂花", "Osmanthus"), ("海棠", "Crabapple"),
    ("枫叶", "Maple"), ("白杨", "Poplar"), ("垂柳", "Willow"), ("青松", "Pine"), ("翠竹", "Bamboo"),
    ("梅花", "Plum"), ("石榴", "Pomegranate"), ("葡萄", "Grape"), ("芦苇", "Reed"), ("荷花", "Lotus"),
    ("茶花", "Camellia"), ("紫藤", "Wisteria"), ("蔷薇", "Rose"), ("向阳", "Sunward"), ("清泉", "Clear Spring"),
    ("白鹭", "Egret"), ("燕子", "Swallow"), ("喜鹊", "Magpie"), ("金鱼", "Goldfish"), ("锦鲤", "Carp"),
    ("明月", "Bright Moon"), ("晨光", "Dawn"), ("晚霞", "Sunset"), ("春雨", "Spring Rain"), ("秋实", "Harvest"),
    ("石桥", "Stone Bridge"), ("水车", "Waterwheel"), ("风车", "Windmill"), ("灯塔", "Beacon"), ("钟楼", "Bell Tower"),
    ("磨坊", "Mill"), ("渔港", "Fishing Port"), ("盐仓", "Salt Store"), ("丝绸", "Silk"), ("陶瓷", "Porcelain"),
)  # fmt: skip

_LOCAL = (("街", "Street"), ("巷", "Lane"), ("支路", "Side Road"), ("里", "Row"))

AVENUES = tuple((f"{zh}大道", f"{en} Avenue") for zh, en in _WORDS[:9])
"""Arterial streets that run north and south, from west to east."""
ROADS = tuple((f"{zh}路", f"{en} Road") for zh, en in _WORDS[9:17])
"""Arterial streets that run east and west, from south to north."""
RING = ("环城路", "Ring Road")
QUAYS = (("西滨江路", "West Quay"), ("东滨江路", "East Quay"))

Name = tuple[str, str]
"""(Chinese, English)"""


def local(number: int) -> Name:
    """The name of the nth local street; they repeat after 92 with an ordinal."""
    words = _WORDS[17:]
    kind = number // len(words)
    (zh, en), (zh_kind, en_kind) = words[number % len(words)], _LOCAL[kind % len(_LOCAL)]
    again = kind // len(_LOCAL)
    return (f"{zh}{again + 1 if again else ''}{zh_kind}", f"{en} {en_kind}{f' {again + 1}' if again else ''}")


def address(name: Name, number: int) -> str:
    """As a register of bins writes it."""
    return f"{name[0]}{number}号 / {number} {name[1]}"


def plate(letter: str, number: int) -> str:
    """A plate that can't exist."""
    return PLATE.format(letter=letter, number=number)
