"""How amounts are written for people."""

from collections.abc import Callable

import vedro
from vedro import params

from vedro_profiling.reporting.amounts import duration, megabytes, percent


class Amounts(vedro.Scenario):
    subject = "{amount} is written {text!r}"

    @params(duration, 1234.5, "1234.50 s")
    @params(duration, 0.1, "0.10 s")
    @params(duration, 0.0999, "99.9 ms")
    @params(duration, 0.0, "0.0 ms")
    @params(duration, None, "-")
    @params(percent, 12.34, "12.3 %")
    @params(percent, None, "-")
    @params(megabytes, 512.0, "512.0 MB")
    @params(megabytes, None, "-")
    def __init__(self, write: Callable[[float | None], str], amount: float | None, text: str) -> None:
        self.write, self.amount, self.text = write, amount, text

    def when_it_is_written(self) -> None:
        self.written = self.write(self.amount)

    def then_it_is_so(self) -> None:
        assert self.written == self.text
