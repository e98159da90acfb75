"""Pictures of bins: what is learnt from some of them is known in others, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from cameras.bin_pictures import Judge
from pipeline.rows import Floats


def sorts(seed: int, apart: float, n: int = 60) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """Features of n pictures, half of them dirty, whose first three features are `apart` spreads from the others'."""
    dice = np.random.default_rng(seed)
    dirty = np.arange(n) % 2 == 1
    features = dice.normal(0.0, 1.0, (n, 20))
    features[dirty, :3] += apart
    return features, dirty


@pytest.mark.parametrize(
    "apart, least, most",
    [
        pytest.param(3.0, 0.95, 1.0, id="far-apart"),
        pytest.param(1.0, 0.7, 1.0, id="near"),
        pytest.param(0.0, 0.3, 0.7, id="the-same"),
    ],
)
def test_what_is_learnt_is_known_in_others(apart: float, least: float, most: float) -> None:
    judge = Judge(*sorts(1, apart))
    features, dirty = sorts(2, apart, 400)
    right = float(np.mean((judge.dirty(features) >= 0.5) == dirty))
    assert least <= right <= most


def test_the_same_pictures_teach_the_same() -> None:
    features, _ = sorts(2, 1.0)
    assert np.array_equal(Judge(*sorts(1, 1.0)).dirty(features), Judge(*sorts(1, 1.0)).dirty(features))


def test_likelihoods_mean_what_they_say() -> None:
    judge = Judge(*sorts(1, 1.0, 2000), ridge=1.0)
    features, dirty = sorts(2, 1.0, 4000)
    likely = judge.dirty(features)
    assert likely.mean() == pytest.approx(0.5, abs=0.05)
    sure = likely >= 0.8
    assert float(np.mean(dirty[sure])) == pytest.approx(float(likely[sure].mean()), abs=0.05)


def test_a_feature_that_never_changes_says_nothing() -> None:
    features, dirty = sorts(1, 3.0)
    features[:, 7] = 1.0
    assert np.isfinite(Judge(features, dirty).dirty(features)).all()
