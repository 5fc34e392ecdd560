"""Whether a difference is more than noise: Welch's test, its variances moderated, its p values corrected."""

import math
from typing import Any, Final

import polars as pl

from vedro_profiling.errors import OptionError

__all__ = ("FEWEST_RUNS", "with_intervals")

FEWEST_RUNS: Final = 3
"""With fewer runs a side nothing can be said of noise."""

_FEWEST_VARIANCES: Final = 3
_NEWTON_STEPS: Final = 50
_CLOSE: Final = 1e-8
_SIDES: Final = ("base", "head")
_ADDED: Final = ("low", "high", "p")
_ROW: Final = "__row"


def with_intervals(changes: pl.DataFrame, *, confidence: float) -> pl.DataFrame:
    """Add the interval of each difference, and how likely so great a difference is where nothing changed.

    Welch's test, in which the spread of a row is held against that of all rows of its metric (relative to their
    averages) before it is believed: G. K. Smyth, "Linear models and empirical Bayes methods for assessing
    differential expression", 2004; limma's `squeezeVar`. Five runs tell little about the spread of one row, but
    hundreds of rows tell much about what spread is usual. Without this, a lone change of 20 % among 400 rows is
    found in 2 of 10 cases, with it in more than 9 (`just bench comparison`).

    Parameters
    ----------
    changes
        Columns: `metric`, and for both sides `base`, `base_spread` (standard deviation), `base_runs`, `head`, ...
    confidence
        Of the intervals, each for its row alone.

    Returns
    -------
    DataFrame
        `changes` with `low` and `high` of the difference, and `p`, corrected for the number of rows by Benjamini and
        Hochberg; all null where a side has fewer than FEWEST_RUNS runs.

    Raises
    ------
    OptionError
        If SciPy is needed and not installed.
    """
    numbered = changes.with_row_index(_ROW)
    testable = numbered.filter(pl.min_horizontal("base_runs", "head_runs") >= FEWEST_RUNS)
    if testable.is_empty():
        return changes.with_columns(pl.lit(None, pl.Float64).alias(name) for name in _ADDED)
    stats, _ = _scipy()
    tested = pl.concat(_tested(rows, stats, confidence) for rows in testable.partition_by("metric"))
    corrected = tested.with_columns(p=pl.Series(stats.false_discovery_control(tested["p"].to_list())))
    return numbered.join(corrected.select(_ROW, *_ADDED), on=_ROW, how="left", maintain_order="left").drop(_ROW)


def _tested(rows: pl.DataFrame, stats: Any, confidence: float) -> pl.DataFrame:
    """Test the rows of one metric, each against no change."""
    held = _moderated(rows)
    shares = [pl.col(f"{side}_variance") / pl.col(f"{side}_runs") for side in _SIDES]
    error = pl.sum_horizontal(shares)
    # Welch and Satterthwaite: how many degrees of freedom an error has that is made of two.
    welch = error.pow(2) / pl.sum_horizontal(
        share.pow(2) / pl.col(f"{side}_freedom") for side, share in zip(_SIDES, shares, strict=True)
    )
    # No row can know more of its spread than all rows together.
    freedom = pl.min_horizontal(pl.when(error > 0).then(welch).otherwise(pl.col("most_freedom")), "most_freedom")
    difference = pl.col("head") - pl.col("base")
    sized = held.with_columns(error=error.sqrt(), freedom=freedom, difference=difference)
    reach = sized["error"] * pl.Series(stats.t.ppf((1 + confidence) / 2, sized["freedom"].to_list()))
    # Where no run differs from another, every difference is one, and none is none.
    score = pl.when(difference == 0).then(0.0).otherwise(difference.abs() / pl.col("error"))
    p = 2 * pl.Series(stats.t.sf(sized.select(score).to_series().to_list(), sized["freedom"].to_list()))
    return sized.with_columns(low=difference - reach, high=difference + reach, p=p)


def _moderated(rows: pl.DataFrame) -> pl.DataFrame:
    """Draw the variance of each side towards what is usual among all rows, the more the more alike these are."""
    sides = [
        rows.select(
            variance=(pl.col(f"{side}_spread") / pl.col(side)).pow(2),
            freedom=pl.col(f"{side}_runs").cast(pl.Float64) - 1,
        )
        for side in _SIDES
    ]
    known = pl.concat(sides)
    most_freedom = float(known["freedom"].sum())
    freedom, variance = _usual(known.filter(pl.col("variance").is_finite() & (pl.col("variance") > 0)))
    weight = min(freedom, most_freedom)
    return rows.with_columns(
        *(
            (
                (weight * variance * pl.col(side).pow(2) + (runs - 1) * pl.col(f"{side}_spread").pow(2))
                / (weight + runs - 1)
            ).alias(f"{side}_variance")
            for side in _SIDES
            for runs in [pl.col(f"{side}_runs")]
        ),
        *((weight + pl.col(f"{side}_runs") - 1).alias(f"{side}_freedom") for side in _SIDES),
        most_freedom=pl.lit(most_freedom),
    )


def _usual(known: pl.DataFrame) -> tuple[float, float]:
    """Estimate the usual variance, and how many degrees of freedom it is worth; infinite if all are but one."""
    if known.height < _FEWEST_VARIANCES:
        return 0.0, 0.0
    _, special = _scipy()
    halves = (known["freedom"] / 2).to_list()
    logarithms = known["variance"].log() - pl.Series(special.digamma(halves)) + (known["freedom"] / 2).log()
    mean, excess = logarithms.mean(), logarithms.var() - special.polygamma(1, halves).mean()
    if excess <= 0:
        return math.inf, math.exp(mean)
    half = _inverse_trigamma(special, excess)
    return 2 * half, math.exp(mean + float(special.digamma(half)) - math.log(half))


def _inverse_trigamma(special: Any, value: float) -> float:
    """Solve `trigamma(x) = value` by Newton's method, as in the appendix of Smyth 2004."""
    solution = 0.5 + 1 / value
    for _ in range(_NEWTON_STEPS):
        trigamma = float(special.polygamma(1, solution))
        step = trigamma * (1 - trigamma / value) / float(special.polygamma(2, solution))
        solution += step
        if -step < _CLOSE * solution:
            break
    return solution


def _scipy() -> tuple[Any, Any]:
    try:
        from scipy import special, stats
    except ImportError as error:
        raise OptionError(
            "compare() needs SciPy where a side has three or more runs, and it is not installed. "
            "Install the extra: pip install 'vedro-profiling[compare]'."
        ) from error
    return stats, special
