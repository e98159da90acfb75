"""confine: what a process that runs other people's codecs may not do, as far as that is simple to say to the kernel.

It can't get more rights than it has, leaves no core dump (which would hold pictures and passwords), is the first to go
where memory runs out, can't take more of it than `MEMORY`, and ends with its parent. Other processes of the same user
can't read its memory or its environment, nor it theirs where they say `shield` too. On Linux; elsewhere only what there
is. The environment that it gets is made by `environment_for`: of secrets only its own cameras'.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

MEMORY = 4 << 30
"""Bytes of data that a process may have; eight cameras with two watchers have an eighth of it."""
_PDEATHSIG, _SET_DUMPABLE, _SET_NO_NEW_PRIVS = 1, 4, 38
"""prctl(2)"""
_FIRST_TO_GO = "500"
"""proc(5), oom_score_adj"""
_KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "http_proxy", "https_proxy", "no_proxy")
_KEPT_BEGINNINGS = ("LC_", "XDG_", "SSL_CERT_", "OMP_", "OPENBLAS_", "OPENCV_", "ORT_", "CUDA_", "NVIDIA_")
"""Of the environment, what FFmpeg, OpenCV and ONNX Runtime go by."""
_STORES = ("AWS_", "FSSPEC_", "AZURE_", "GOOGLE_")
"""... and object stores."""


def confine(parent: int) -> None:
    """This process, for good. parent: the process id of whoever started it; ends at once where that is gone."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _prctl(_PDEATHSIG, signal.SIGKILL)
        _prctl(_SET_NO_NEW_PRIVS, 1)
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
        with contextlib.suppress(OSError):  # not in every container
            Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO)
    shield()
    if os.getppid() != parent:
        os._exit(1)


def shield() -> None:
    """Other processes of the same user can't read this one's memory and environment; only root can."""
    if sys.platform == "linux":
        _prctl(_SET_DUMPABLE, 0)


def environment_for(environment: Mapping[str, str], variables: Iterable[str], keeps: bool = False) -> dict[str, str]:
    """What a process gets of the environment.

    variables: what its cameras name; those that are not set are left out. keeps: it keeps evidence, and needs what an
    object store goes by.
    """
    wanted = {*_KEPT, *variables}
    beginnings = (*_KEPT_BEGINNINGS, *(_STORES if keeps else ()))
    kept = {name: said for name, said in environment.items() if name in wanted or name.startswith(beginnings)}
    return kept | {"PYTHONPATH": os.pathsep.join(str(Path(each).absolute()) for each in sys.path)}


def _prctl(option: int, value: int) -> None:
    ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
