"""The death of the process under test, as something that can be caught by who runs the test and by nobody else."""

from __future__ import annotations

__all__ = ["Kill"]


class Kill(BaseException):
    """The process is gone. No `except Exception` sees it, as none sees a SIGKILL."""

    def __init__(self, point: str) -> None:
        super().__init__(point)
        self.point = point
