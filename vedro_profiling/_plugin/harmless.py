"""The event boundary: no error of ours reaches the user's run."""

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar

__all__ = ("KeepsFaults", "harmless")


class KeepsFaults(Protocol):
    """Whose steps can fail without harm."""

    def fault(self, text: str) -> None:
        """Keep an error of ours for the summary."""


_Keeper = TypeVar("_Keeper", bound=KeepsFaults)
_Given = ParamSpec("_Given")


def harmless(step: Callable[Concatenate[_Keeper, _Given], None]) -> Callable[Concatenate[_Keeper, _Given], None]:
    """Keep an error of a step from the user's run, and for the summary; an interrupt passes."""

    @functools.wraps(step)
    def act(keeper: _Keeper, /, *args: _Given.args, **kwargs: _Given.kwargs) -> None:
        try:
            step(keeper, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the one boundary of events; the summary tells the fault
            keeper.fault(f"{step.__name__.lstrip('_')} failed: {type(error).__name__}: {error}")

    return act
