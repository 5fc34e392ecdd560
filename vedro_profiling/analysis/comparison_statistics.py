"""Whether a difference is more than noise: Welch's interval, and p values that are corrected for their number."""

import math
from typing import Any, Final

import polars as pl

from vedro_profiling.errors import OptionError

__all__ = ("FEWEST_RUNS", "with_intervals")

FEWEST_RUNS: Final = 3
"""With fewer runs a side nothing can be said of noise."""

_FEWEST_VARIANCES: Final = 3
_SHARE_OF_MODERATED: Final = 0.9
_NEWTON_STEPS: Final = 50
_CLOSE: Final = 1e-8
_SIDES: Final = ("base", "head")
_ADDED: Final = ("low", "high", "p")
_ROW: Final = "__row"


def with_intervals(changes: pl.DataFrame, *, confidence: float) -> pl.DataFrame:
    """Add the interval of each difference, and how likely so great a difference is where nothing changed.

    The interval is Welch's. Each row has two tests, which share what chance of error there may be, 1 to 9: Welch's,
    and the same with the spread of the row drawn towards that of all rows of its metric (relative to their averages):
    G. K. Smyth, "Linear models and empirical Bayes methods for assessing differential expression", 2004; limma's
    `squeezeVar`. Five runs tell little of the spread of one row, but hundreds of rows tell much of what is usual: by
    Welch's test alone a lone change of 20 % among 400 rows would be found in 2 of 10 cases. By the other alone a row
    that is much quieter than all others would not be found (`just bench comparison`).

    Parameters
    ----------
    changes
        Columns: `metric`, `difference`, and for both sides `base`, `base_spread` (standard deviation), `base_runs`.
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
    welch = _with_errors(rows)
    reach = welch["error"] * pl.Series(stats.t.ppf((1 + confidence) / 2, welch["freedom"].to_list()))
    low, high = (pl.col("difference") + sign * reach for sign in (-1, 1))
    p = _chances(welch, stats)
    freedom, variance = _usual(rows)
    if freedom:
        moderated = _chances(_with_errors(rows, freedom, variance), stats)
        # Whoever looks twice and takes what suits pays for both looks: together they may be wrong as often as one.
        paid = pl.min_horizontal(moderated / _SHARE_OF_MODERATED, p / (1 - _SHARE_OF_MODERATED))
        p = pl.select(paid.clip(upper_bound=1.0)).to_series()
    return welch.with_columns(low=low, high=high, p=p)


def _with_errors(rows: pl.DataFrame, usual_freedom: float = 0.0, usual_variance: float = 0.0) -> pl.DataFrame:
    """Add the standard error of each difference and its degrees of freedom, after Welch and Satterthwaite.

    With a usual variance (relative to the average), that of each side is drawn towards it, by its degrees of freedom.
    """
    shares, freedoms = [], []
    for side in _SIDES:
        own = pl.col(f"{side}_runs") - 1.0
        drawn = usual_freedom * usual_variance * pl.col(side).pow(2) + own * pl.col(f"{side}_spread").pow(2)
        shares.append(drawn / (usual_freedom + own) / pl.col(f"{side}_runs"))
        freedoms.append(usual_freedom + own)
    squared = pl.sum_horizontal(shares)
    parts = (share.pow(2) / freedom for share, freedom in zip(shares, freedoms, strict=True))
    welch = squared.pow(2) / pl.sum_horizontal(parts)
    # Where no run differs from another there is no error, whatever its degrees of freedom.
    return rows.with_columns(error=squared.sqrt(), freedom=pl.when(squared > 0).then(welch).otherwise(1.0))


def _chances(rows: pl.DataFrame, stats: Any) -> pl.Series:
    """Tell how likely such a difference is by chance, on either side of 0."""
    score = pl.when(difference=0).then(0.0).otherwise(pl.col("difference").abs() / pl.col("error"))
    scores = rows.select(score).to_series().to_list()
    return pl.Series(2 * stats.t.sf(scores, rows["freedom"].to_list()))


def _usual(rows: pl.DataFrame) -> tuple[float, float]:
    """Estimate how many degrees of freedom the usual variance is worth, and the variance, relative to the average.

    The more alike the variances are, the more it is worth, but never more than all rows know together.
    """
    sides = [
        rows.select(
            variance=(pl.col(f"{side}_spread") / pl.col(side)).pow(2),
            freedom=pl.col(f"{side}_runs").cast(pl.Float64) - 1,
        )
        for side in _SIDES
    ]
    known = pl.concat(sides).filter(pl.col("variance").is_finite() & (pl.col("variance") > 0))
    if known.height < _FEWEST_VARIANCES:
        return 0.0, 0.0
    _, special = _scipy()
    halves = (known["freedom"] / 2).to_list()
    logarithms = (known["variance"] * known["freedom"] / 2).log() - pl.Series(special.digamma(halves))
    # The scatter of few variances may be small by luck: one standard error more keeps false alarms away.
    doubt = 1 + math.sqrt(2 / (known.height - 1))
    average, scatter = known.select(mean=logarithms.mean(), scatter=logarithms.var()).row(0)
    excess = doubt * scatter - float(special.polygamma(1, halves).mean())
    most = float(known["freedom"].sum())
    freedom = min(2 * _inverse_trigamma(special, excess), most) if excess > 0 else most
    return freedom, math.exp(average + float(special.digamma(freedom / 2)) - math.log(freedom / 2))


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
