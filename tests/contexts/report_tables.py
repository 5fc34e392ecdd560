"""Looking into the tables of the report."""

from vedro_profiling.charts.report.cells import Cell, Table

__all__ = ("cells_of", "texts_of", "titles_of")


def titles_of(table: Table) -> list[str]:
    """List the titles of the columns."""
    return [column.title for column in table.columns]


def cells_of(table: Table, title: str) -> list[Cell]:
    """Take a column by its title."""
    place = titles_of(table).index(title)
    return [row[place] for row in table.rows]


def texts_of(table: Table, title: str) -> list[str]:
    """Read a column by its title."""
    return [cell.text for cell in cells_of(table, title)]
