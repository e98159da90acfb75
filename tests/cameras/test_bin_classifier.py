"""The classifier of bin_fullness: learnt from photographs or a city's own, asked by the watcher; real photographs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from benchmarks.pictures import MODEL, PHOTOS, _group, _sorted, read
from cameras.bin_classifier import Classifier
from cameras.bin_pictures import Features, Judge, learn, main
from cameras.models import Model, ModelError, digest
from cameras.watcher import Frame, Image, Measured, View, Zone, corners
from cameras.watchers.bin_fullness import BinFullness
from pipeline.units import Quantity
from tests.cameras.tiny_model import tiny

BIN = Zone("opening", corners([[0.25, 0.25], [0.5, 0.25], [0.5, 0.5], [0.25, 0.5]]), "bin-7")
VIEW = View("yard", {"opening": BIN})


def yard(waste: bool, seed: int = 0) -> Image:
    """A grey yard; with waste, white bags lie in the quarter of it in which the bin stands."""
    dice = np.random.default_rng(seed)
    image = dice.integers(80, 120, (128, 128, 3)).astype(np.uint8)
    for _ in range(12 if waste else 0):
        x, y = dice.integers(20, 70, 2).tolist()
        image[y : y + 14, x : x + 14] = 255
    return image


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model, and weights that were learnt with it from pictures of the yard, by the command."""
    folder = tmp_path_factory.mktemp("yard")
    model = tiny(folder / "tiny.onnx", batch=1)
    for n in range(24):
        file = folder / ("clean", "dirty")[n % 2] / f"{n}.png"
        file.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(file), yard(bool(n % 2), n))
    said = main([str(folder), str(folder / "waste.json"), str(model)])
    assert said == f"{folder / 'waste.json'}: learnt from {folder}"
    return model, folder / "waste.json"


def whitish(file: Path, logarithms: bool) -> Path:
    """A classifier of two classes; the second is as likely as the picture is white. Made with `onnx`."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    constants: dict[str, Any] = {"one": np.array(1.0, np.float32), "axes": np.array([1, 2, 3], np.int64)}
    nodes = [
        helper.make_node("ReduceMean", ["images", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "last"], ["white"]),
        helper.make_node("Sub", ["one", "white"], ["dark"]),
        helper.make_node("Concat", ["dark", "white"], ["shares"], axis=1),
        helper.make_node("Log" if logarithms else "Identity", ["shares"], ["classes"]),
    ]
    constants["last"] = np.array([1], np.int64)
    graph = helper.make_graph(
        nodes,
        "whitish",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["n", 3, 32, 32])],
        [helper.make_tensor_value_info("classes", TensorProto.FLOAT, ["n", 2])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model: Any = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, str(file))
    return file


def asked(classifier: Classifier, image: Image, infrared: bool = False) -> dict[str, float]:
    """What the watcher tells of a yard that looks so in three pictures."""
    watcher = BinFullness(classifier=classifier, report=Quantity(0.0), settle=Quantity(0.0))
    look = watcher.begin(VIEW)
    told = [look.look(Frame(10.0 * n, image, infrared)) for n in range(3)][-1]
    assert all(isinstance(one, Measured) and one.about == "bin-7" for one in told)
    return {one.metric: one.value for one in told if isinstance(one, Measured)}


def test_what_was_learnt_judges_the_pictures_of_a_camera(learnt: tuple[Path, Path]) -> None:
    model, weights = learnt
    classifier = Classifier(model=Model(file=model), weights=weights)
    assert asked(classifier, yard(True, 100))["waste"] > 55
    assert asked(classifier, yard(False, 101))["waste"] < 45


def test_it_needs_no_picture_of_the_empty_bin_and_is_asked_by_day_only(learnt: tuple[Path, Path]) -> None:
    classifier = Classifier(model=Model(file=learnt[0]), weights=learnt[1])
    assert set(asked(classifier, yard(True, 100))) == {"waste"}, "three pictures do not say yet what is empty"
    assert asked(classifier, yard(True, 100), infrared=True) == {}


def test_what_was_learnt_is_kept(learnt: tuple[Path, Path], tmp_path: Path) -> None:
    model, weights = learnt
    judge, meant = Judge.load(weights)
    assert meant == digest(model)
    judge.save(tmp_path / "again.json", model)
    assert (tmp_path / "again.json").read_bytes() == weights.read_bytes()
    features = Features(model).of(yard(True, 100))[None]
    assert judge.dirty(features) == learn(weights.parent, model).dirty(features)


@pytest.mark.parametrize("logarithms", [False, True])
def test_a_classifier_of_ones_own(tmp_path: Path, logarithms: bool) -> None:
    file = whitish(tmp_path / "own.onnx", logarithms)
    classifier = Classifier(model=Model(file=file), mean=(0.0, 0.0, 0.0), spread=(1.0, 1.0, 1.0))
    grey = np.full((128, 128, 3), 51, np.uint8)
    grey[:16] = grey[:, :16] = 255  # beyond what is around the bin: a quarter of the picture, and as much again
    assert asked(classifier, grey)["waste"] == pytest.approx(20.0, abs=0.1)
    both = Classifier(model=Model(file=file), mean=(0.0, 0.0, 0.0), spread=(1.0, 1.0, 1.0), waste=(0, 1))
    assert asked(both, grey)["waste"] == pytest.approx(100.0)


@pytest.mark.parametrize(
    "text, message",
    [
        pytest.param(None, "expected weights that python -m cameras.bin_pictures wrote", id="none"),
        pytest.param("{}", "expected weights that python -m cameras.bin_pictures wrote", id="empty"),
        pytest.param("[]", "expected weights that python -m cameras.bin_pictures wrote", id="a-list"),
        pytest.param('{"model": "x", "middle": [1], "spread": [1], "weights": [1]}', "as long as", id="too-short"),
        pytest.param('{"model": "x", "middle": [1], "spread": [1], "weights": [1, 1]}', "another model", id="other"),
    ],
)
def test_weights_that_do_not_fit_are_refused(
    learnt: tuple[Path, Path], tmp_path: Path, text: str | None, message: str
) -> None:
    file = tmp_path / "waste.json"
    if text is not None:
        file.write_text(text, "utf-8")
    with pytest.raises(ModelError, match=message):
        BinFullness(classifier=Classifier(model=Model(file=learnt[0]), weights=file)).begin(VIEW)


def test_a_model_that_is_no_classifier_is_refused(learnt: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="expected likelihoods of classes, with 1 among them"):
        Classifier(model=Model(file=learnt[0])).begin()
    (tmp_path / "none.onnx").write_bytes(b"none")
    with pytest.raises(ModelError, match="can't load it"):
        Classifier(model=Model(file=tmp_path / "none.onnx")).begin()
    with pytest.raises(ModelError, match="with 5 among them"):
        Classifier(model=Model(file=whitish(tmp_path / "own.onnx", False)), waste=(5,)).begin()


def test_too_few_photographs_teach_nothing(tmp_path: Path, learnt: tuple[Path, Path]) -> None:
    with pytest.raises(ValueError, match="expected 10 pictures or more in each of the folders clean and dirty"):
        learn(tmp_path, learnt[0])


def test_it_is_named_in_the_configuration(learnt: tuple[Path, Path]) -> None:
    given = {"classifier": {"model": str(learnt[0]), "weights": str(learnt[1])}}
    assert BinFullness.model_validate(json.loads(json.dumps(given))).classifier is not None
    with pytest.raises(ValidationError, match="Extra inputs"):
        BinFullness.model_validate({"classifier": {"wieghts": "x"}})


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(not (PHOTOS.exists() and MODEL.exists()), reason="there are no photographs of bins here")
def test_real_photographs_are_told_better_than_by_the_commonest_class(tmp_path: Path) -> None:
    """Learnt from one half by the command, the other half judged as the watcher asks; those of a day stay together."""
    files = [(file, name) for name in ("clean", "dirty") for file in _sorted(PHOTOS / name)]
    groups = sorted({_group(file) for file, _ in files})
    half = set(groups[::2])
    for n, (file, name) in enumerate(files):
        if _group(file) in half:
            (tmp_path / name).mkdir(exist_ok=True)
            (tmp_path / name / f"{n}{file.suffix}").symlink_to(file)
    main([str(tmp_path), str(tmp_path / "waste.json"), str(MODEL)])
    classifier = Classifier(model=Model(file=MODEL), weights=tmp_path / "waste.json").begin()
    others = [(file, name == "dirty") for file, name in files if _group(file) not in half]
    right = [(classifier.waste(read(file)) >= 0.5) == dirty for file, dirty in others]
    dirty = sum(each for _, each in others)
    assert sum(right) > max(dirty, len(others) - dirty) + 0.1 * len(others)
