"""A suite of a little shop whose services are busy or hungry in turn."""

import json
import os
from urllib.request import urlopen

import vedro
from vedro import params


def ask(service: str, query: str) -> str:
    """Call a service of the shop."""
    with urlopen(f"{os.environ[f'SHOP_{service.upper()}']}/{query}", timeout=60) as response:
        return str(response.read().decode().strip())


def no_shop() -> bool:
    """Tell whether the shop's containers are missing."""
    return "SHOP_CHECKOUT" not in os.environ


@vedro.skip_if(no_shop, "needs the containers of the shop")
class Search(vedro.Scenario):
    """A search costs the catalogue a little, more with every word."""

    subject = "a customer searches for {words} words"

    @params(1)
    @params(2)
    @params(3)
    def __init__(self, words: int) -> None:
        self.words = words

    def when_customer_searches(self) -> None:
        """Search once a word."""
        self.answers = [ask("catalogue", "burn?150000") for _ in range(self.words)]

    def then_each_word_is_answered(self) -> None:
        """All words were found."""
        assert self.answers == ["done"] * self.words


@vedro.skip_if(no_shop, "needs the containers of the shop")
class Checkout(vedro.Scenario):
    """The dear one: a payment makes the checkout compute."""

    subject = "a customer pays for a full basket"

    def when_customer_pays(self) -> None:
        """Pay once, and look at the basket."""
        self.answers = [ask("catalogue", "burn?50000"), ask("checkout", "burn?2000000")]

    def then_the_payment_is_accepted(self) -> None:
        """Both services answered."""
        assert self.answers == ["done", "done"]


@vedro.skip_if(no_shop, "needs the containers of the shop")
class Report(vedro.Scenario):
    """The hungry one: a report needs memory for a moment."""

    subject = "the manager opens the monthly report"

    def when_manager_opens_the_report(self) -> None:
        """Let the service hold 180 MiB."""
        self.answer = ask("reports", "hold?180")

    def then_the_report_is_shown(self) -> None:
        """See that the service answered."""
        assert self.answer == "done"


class PriceList(vedro.Scenario):
    """Work of the test itself: what it costs counts for the test process."""

    subject = "a price list of 500,000 rows is checked"

    def given_a_price_list(self) -> None:
        """Make the list."""
        self.prices = json.dumps([{"article": number, "price": number % 997} for number in range(500_000)])

    def when_it_is_read(self) -> None:
        """Parse it."""
        self.rows = json.loads(self.prices)

    def then_no_price_is_negative(self) -> None:
        """Look at every row."""
        assert min(row["price"] for row in self.rows) == 0
