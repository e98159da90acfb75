"""static_weather: what light, weather and a camera do to pictures that `benchmarks.static_clips` makes.

Each is a function of the time and the picture. The same numbers give the same pictures: chance comes of the time alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from benchmarks.static_clips import Light, cv
from benchmarks.static_sprites import Canvas


def _dice(t: float, salt: int) -> np.random.Generator:
    return np.random.default_rng([round(t * 1000), salt])


@cache
def _wisps(seed: int) -> Canvas:
    """Clouds that repeat, 0..1: shape (512, 1024)."""
    dice = np.random.default_rng(seed)
    total = np.zeros((512, 1024), np.float32)
    for n, share in ((4, 1.0), (8, 0.5), (16, 0.25)):
        coarse = np.pad(dice.random((n, 2 * n), np.float32), ((0, 1), (0, 1)), mode="wrap")
        total += share * cv2.resize(coarse, (1024, 512), interpolation=cv2.INTER_CUBIC)
    return np.asarray((total - total.min()) / np.ptp(total), np.float32)


def clouds(takes: float, crosses: float, edge: float = 0.35, seed: int = 1) -> Light:
    """Their shadows. takes: share of the light; crosses: seconds for the picture's width; edge: how soft, 0..1."""

    def falls(t: float, picture: Canvas) -> Canvas:
        height, width = picture.shape[:2]
        x = int(t / crosses * 512) % 1024
        part = np.roll(_wisps(seed), -x, axis=1)[:288, :512]
        shade = np.clip((part - 0.5) / edge + 0.5, 0, 1)
        return np.asarray(picture * (1 - takes * cv2.resize(shade, (width, height))[..., None]), np.float32)

    return falls


def jumps(gain: float, every: float, tint: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Light:
    """Exposure, or white balance, from one picture to the next, to and fro."""
    other = np.array(tint, np.float32) * np.float32(gain)
    return lambda t, picture: picture * other if int(t / every) % 2 else picture


def exposure(_: float, picture: Canvas) -> Canvas:
    """The camera's own: what is bright makes all else dark."""
    return np.asarray(255 * (np.clip(picture * (110.0 / float(picture.mean())), 0, 255) / 255) ** 0.9, np.float32)


def shadow(since: float, until: float = 1e9, creeps: float = 0.0, takes: float = 0.45) -> Light:
    """A sharp one, slanting, of something out of the picture; creeps: by so much of the width a second."""

    def falls(t: float, picture: Canvas) -> Canvas:
        if not since <= t < until:
            return picture
        h, w = picture.shape[:2]
        on = creeps * (t - since)
        corners = np.array([[0.45, 0.55], [0.62 + on, 0.55], [0.78 + on, 0.98], [0.55, 0.98]]) * (w, h)
        mask = np.zeros((h, w), np.float32)
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1.0, cv2.LINE_AA)
        return np.asarray(picture * (1 - takes * mask[..., None]), np.float32)

    return falls


def sways(share: float, turn: float = 0.0, drift: float = 0.0, jitter: bool = False, black: bool = False) -> Light:
    """The camera in the wind. share: of the width; turn: degrees; drift: of the width a minute; jitter: anew in each
    picture, not as a pole swings; black: what is beyond the picture is."""

    def moves(t: float, picture: Canvas) -> Canvas:
        h, w = picture.shape[:2]
        if jitter:
            x, y, angle = _dice(t, 1).uniform(-1, 1, 3)
        else:
            x = 0.7 * np.sin(7.1 * t) + 0.3 * np.sin(17.3 * t)
            y, angle = 0.5 * np.sin(9.7 * t + 1), 0.6 * np.sin(5.3 * t) + 0.4 * np.sin(11.9 * t)
        move = cv.getRotationMatrix2D((w / 2, h / 2), turn * angle, 1.0)
        move[:, 2] += share * w * x + drift * w * t / 60, share * w * y
        border = cv2.BORDER_CONSTANT if black else cv2.BORDER_REFLECT
        return np.asarray(cv.warpAffine(picture, move, (w, h), borderMode=border), np.float32)

    return moves


def rain(drops: int = 150) -> Light:
    """Streaks."""

    def falls(t: float, picture: Canvas) -> Canvas:
        h, w = picture.shape[:2]
        for x, y, long in _dice(t, 2).random((drops, 3)):
            a = int(x * w), int(y * h)
            cv2.line(picture, a, (a[0] - h // 90, a[1] + int((0.03 + 0.05 * long) * h)), (205, 205, 205), 1)
        return picture

    return falls


def snow(t: float, picture: Canvas) -> Canvas:
    """Flakes of all sizes."""
    h, w = picture.shape[:2]
    for x, y, size in _dice(t, 3).random((160, 3)):
        cv2.circle(picture, (int(x * w), int(y * h)), 1 + int(size * h / 90), (235, 235, 235), -1)
    return picture


def night(_: float, picture: Canvas) -> Canvas:
    """Infrared light: grey, bright in the middle, dark at the corners."""
    h, w = picture.shape[:2]
    y, x = np.mgrid[:h, :w].astype(np.float32)
    lamp = np.exp(-(((x / w - 0.5) / 0.45) ** 2 + ((y / h - 0.6) / 0.5) ** 2))
    grey = picture.mean(2) * (0.15 + 0.85 * lamp)
    return np.repeat(grey[..., None], 3, axis=2)


def insects(t: float, picture: Canvas) -> Canvas:
    """At night, near the lens: bright, blurred, each for a picture or two."""
    h, w = picture.shape[:2]
    veil = np.zeros((h, w), np.float32)
    for x, y, size, angle in _dice(t, 4).random((5, 4)):
        axes = (max(2, int(size * h / 14)), max(2, h // 60))
        cv2.ellipse(veil, (int(x * w), int(y * h)), axes, angle * 180, 0, 360, 120.0, -1)
    return np.asarray(picture + cv2.GaussianBlur(veil, (0, 0), h / 120)[..., None], np.float32)


def headlights(t: float, picture: Canvas) -> Canvas:
    """A car turns its light over the scene, every ten seconds, and waits for three."""
    h, w = picture.shape[:2]
    phase = t % 10
    x = float(np.interp(phase, (0, 3, 6, 8), (-0.3, 0.45, 0.45, 1.3)))
    veil = np.zeros((h, w), np.float32)
    cv2.ellipse(veil, (int(x * w), int(0.75 * h)), (int(0.18 * w), int(0.16 * h)), 0, 0, 360, 1.0, -1)
    glow = cv2.GaussianBlur(veil, (0, 0), h / 14)
    return np.asarray(picture * (1 + 1.2 * glow[..., None]) + 25 * glow[..., None], np.float32)


def flicker(t: float, picture: Canvas) -> Canvas:
    """A lamp that is about to fail, over a part of the scene."""
    h, w = picture.shape[:2]
    y, x = np.mgrid[:h, :w].astype(np.float32)
    lamp = np.exp(-(((x / w - 0.6) / 0.2) ** 2 + ((y / h - 0.7) / 0.25) ** 2))
    on = 1.0 if _dice(t, 5).random() < 0.6 else 0.0
    return np.asarray(picture * (0.55 + 0.45 * on * lamp[..., None]), np.float32)


def _waves(t: float, picture: Canvas, box: tuple[float, float, float, float], far: float, long: float) -> Canvas:
    """A part of the picture, bent: far: by how much of its height; long: a wave, in pixels of 360."""
    h, w = picture.shape[:2]
    left, top, right, bottom = (round(b * s) for b, s in zip(box, (w, h, w, h), strict=True))
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    k = 2 * np.pi / (long * h / 360)
    dx = far * h * np.sin(k * y + 3.1 * t) * np.sin(1.7 * t + k * x / 3)
    dy = far * h * np.sin(k * x + 2.3 * t + 1) * 0.6
    at = (x + dx).astype(np.float32), (y + dy).astype(np.float32)
    picture[top:bottom, left:right] = cv.remap(picture, *at, cv2.INTER_LINEAR)
    return picture


def trees(t: float, picture: Canvas) -> Canvas:
    """The upper part in the wind, in gusts."""
    return _waves(t, picture, (0, 0, 1, 0.45), 0.010 * (1 + np.sin(t / 4)), 60)


def screen(t: float, picture: Canvas) -> Canvas:
    """An advertisement that is another one every 8 s."""
    h, w = picture.shape[:2]
    dice = np.random.default_rng(int(t / 8) % 4)
    tile = cv2.resize(dice.integers(20, 235, (4, 6, 3)).astype(np.float32), (round(0.12 * w), round(0.14 * h)))
    top, left = round(0.2 * h), round(0.2 * w)
    picture[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return picture


def clock(t: float, picture: Canvas) -> Canvas:
    """The time, and the camera's name, written into the picture."""
    h, w = picture.shape[:2]
    second = int(t) + 45
    text = f"2024-05-01 08:{58 + second // 60:02d}:{second % 60:02d}"
    for place, words in (((w // 40, h // 14), text), ((w * 3 // 4, h - h // 40), "CAM 07")):
        for level, thick in ((0.0, 3), (255.0, 1)):
            drawn = np.zeros((h, w), np.uint8)
            cv2.putText(drawn, words, place, cv2.FONT_HERSHEY_SIMPLEX, h / 650, (255,), thick, cv2.LINE_AA)
            cover = (drawn / np.float32(255))[..., None]
            picture = picture * (1 - cover) + level * cover
    return picture


def fog(t: float, picture: Canvas) -> Canvas:
    """It comes and goes."""
    share = 0.3 + 0.25 * np.sin(t / 6)
    return np.asarray(picture * (1 - share) + 190 * share, np.float32)


def then(*lights: Callable[[float, Canvas], Canvas]) -> Light:
    """One after the other."""

    def apply(t: float, picture: Canvas) -> Canvas:
        for light in lights:
            picture = light(t, picture)
        return picture

    return apply
