"""One gap of the emulator, mended from outside by wrapping one of its functions."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

type Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


class EmulatorChangedError(RuntimeError):
    """Says that the installed emulator is not the one the shims were written for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shim:
    """One mended gap: what is wrapped, how it has to look, and by what."""

    why: str
    module: str
    attribute: str
    parameters: tuple[str, ...]
    wrap: Wrap

    def problem(self) -> str | None:
        """Says in one sentence why the shim does not fit, or returns None."""
        where = f"{self.module}.{self.attribute}"
        try:
            found = tuple(inspect.signature(self._target()).parameters)
        except (ImportError, AttributeError):
            return f"{where} is gone ({self.why})"
        if found[: len(self.parameters)] != self.parameters:
            return f"{where} takes {found} instead of {self.parameters} ({self.why})"
        return None

    def install(self) -> None:
        """Puts the wrapper in the place of the original."""
        owner, name = self._owner()
        setattr(owner, name, self.wrap(getattr(owner, name)))

    def _target(self) -> Callable[..., Any]:
        owner, name = self._owner()
        target: Callable[..., Any] = getattr(owner, name)
        return target

    def _owner(self) -> tuple[Any, str]:
        owner: Any = importlib.import_module(self.module)
        *outer, name = self.attribute.split(".")
        for part in outer:
            owner = getattr(owner, part)
        return owner, name
