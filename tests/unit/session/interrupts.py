"""When a Ctrl-C waits, and when it does not."""

import signal
import threading
from typing import Any

import vedro
from vedro import params

from vedro_profiling.session.interrupts import interrupts_put_off


class Listener:
    """Stands in for whoever would hear of SIGINT."""

    def __init__(self, handler: Any = None) -> None:
        self.heard: list[int] = []
        earlier = signal.signal(signal.SIGINT, handler or (lambda number, _: self.heard.append(number)))
        vedro.defer(signal.signal, signal.SIGINT, earlier)


def press(*, times: int = 1) -> None:
    for _ in range(times):
        signal.raise_signal(signal.SIGINT)


class PutOff(vedro.Scenario):
    subject = "{times} interrupts within two seconds do not end the block, and its caller is told of them"

    @params(0)
    @params(1)
    @params(3)
    def __init__(self, times: int) -> None:
        self.times = times

    def given_somebody_who_listens(self) -> None:
        self.listener = Listener()
        self.went_on = False

    def when_they_come_in_the_block(self) -> None:
        with interrupts_put_off() as self.came:
            press(times=self.times)
            self.went_on = True

    def and_one_comes_later(self) -> None:
        press()

    def then_the_block_went_on(self) -> None:
        assert self.went_on
        assert self.came == [signal.SIGINT] * self.times

    def and_only_the_later_one_is_heard_as_ever(self) -> None:
        assert self.listener.heard == [signal.SIGINT]


class Meant(vedro.Scenario):
    subject = "an interrupt two seconds after the first one ends the block"

    def given_presses_at_known_times(self) -> None:
        self.listener = Listener()
        self.times = iter([100.0, 101.9, 102.0])
        self.reached: list[str] = []

    def when_they_come_in_the_block(self) -> None:
        try:
            with interrupts_put_off(monotonic=lambda: next(self.times)):
                press(times=2)
                self.reached.append("two presses")
                press()
                self.reached.append("three presses")
        except KeyboardInterrupt:
            self.reached.append("the end")

    def then_the_last_one_ended_it(self) -> None:
        assert self.reached == ["two presses", "the end"]

    def and_who_listened_before_listens_again(self) -> None:
        press()
        assert self.listener.heard == [signal.SIGINT]


class Ignored(vedro.Scenario):
    subject = "where interrupts are ignored, as in the background of a shell, they stay so"

    def given_a_process_that_ignores_them(self) -> None:
        self.listener = Listener(signal.SIG_IGN)

    def when_one_comes_in_the_block(self) -> None:
        with interrupts_put_off() as self.came:
            press()

    def then_nobody_heard_of_it(self) -> None:
        assert self.came == []

    def and_they_are_ignored_still(self) -> None:
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


class OtherThread(vedro.Scenario):
    subject = "outside the main thread nothing is put off, and nothing fails"

    def given_a_thread_that_writes(self) -> None:
        self.handlers: list[Any] = []

        def write() -> None:
            with interrupts_put_off():
                self.handlers.append(signal.getsignal(signal.SIGINT))

        self.thread = threading.Thread(target=write)

    def when_it_writes(self) -> None:
        self.thread.start()
        self.thread.join()

    def then_who_listens_listened_throughout(self) -> None:
        assert self.handlers == [signal.getsignal(signal.SIGINT)]
