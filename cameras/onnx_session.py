"""onnx_session: a model file, opened to run on the processor."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def on_processor(file: Path, threads: int) -> Any:
    """An onnxruntime session. threads: at most. Raises whatever onnxruntime finds wrong with a file."""
    import onnxruntime  # type: ignore[import-untyped]

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
