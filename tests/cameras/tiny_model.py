"""A model of YOLOX's form that finds what is white: each cell of 8 x 8 pixels that is, is a 'car'. Made with `onnx`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

SIDE = 64


def tiny(file: Path, batch: int | str = "n", side: int = SIDE, rows: int | None = None) -> Path:
    """Write it. batch: its first dimension, a name if it is open. side: of its pictures. rows: of its answer,
    if not those that it should have."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    cells = side // 8
    rest = (side // 16) ** 2 + (side // 32) ** 2 if rows is None else rows - cells * cells
    constants: dict[str, Any] = {
        "dark": np.array(200.0, np.float32),
        "range": np.array(50.0, np.float32),
        "zero": np.array(0.0, np.float32),
        "one": np.array(1.0, np.float32),
        "half": np.array(0.5, np.float32),
        "list": np.array([0, cells * cells, 1], np.int64),
        "below": np.array([0, 0, 0, 0, rest, 0], np.int64),
        "axes": np.array([1], np.int64),
    }
    nodes = [
        helper.make_node("ReduceMean", ["images", "axes"], ["grey"], keepdims=1),
        helper.make_node("AveragePool", ["grey"], ["cells"], kernel_shape=[8, 8], strides=[8, 8]),
        helper.make_node("Sub", ["cells", "dark"], ["over"]),
        helper.make_node("Div", ["over", "range"], ["share"]),
        helper.make_node("Clip", ["share", "zero", "one"], ["sure"]),
        helper.make_node("Reshape", ["sure", "list"], ["score"]),
        helper.make_node("Mul", ["score", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "half"], ["middle"]),
        helper.make_node("Add", ["nothing", "one"], ["car"]),
        helper.make_node(
            "Concat", ["middle", "middle", "nothing", "nothing", "score", "nothing", "car"], ["rows"], axis=2
        ),
        helper.make_node("Pad", ["rows", "below"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, 3, side, side])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [batch, cells * cells + rest, 7])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model: Any = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))
    return file
