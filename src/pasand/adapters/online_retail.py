"""UCI Online Retail, the invoice lines of a shop, as purchases.

Lines of a cancelled invoice (its number begins with C) or of no positive quantity are returns and
no purchases; lines without a customer are nobody's. A stock code that does not begin with a digit
(POST, M, BANK CHARGES) is no product.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pasand.adapters.set_columns import coded, of_rows, read_columns
from pasand.domain.interaction_features import action_code
from pasand.evaluation.data import EvaluationData

__all__ = ["is_online_retail", "online_retail_file", "read_online_retail"]

_NAMES = ("online_retail.csv", "online_retail.csv.gz", "OnlineRetail.csv", "Online Retail.csv")
_TEXT = {"header": True, "all_varchar": True, "delim": ","}
_COLUMNS = {
    "member": "CAST(CAST(CustomerID AS DOUBLE) AS BIGINT)",
    "item": "upper(StockCode)",
    "at_ms": "epoch_ms(CAST(InvoiceDate AS TIMESTAMP))",
    "country": "Country",
}
_SOLD = (
    "coalesce(CustomerID, '') <> '' AND NOT starts_with(InvoiceNo, 'C')"
    " AND CAST(Quantity AS BIGINT) > 0 AND regexp_matches(StockCode, '^[0-9]')"
)


def online_retail_file(path: Path) -> Path | None:
    """Return the file of invoice lines at a path or in a folder, None where there is none."""
    found = [path] if path.is_file() else [path / name for name in _NAMES]
    return next((file for file in found if file.name in _NAMES and file.is_file()), None)


def is_online_retail(path: Path) -> bool:
    """Say whether there are such invoice lines at a path."""
    return online_retail_file(path) is not None


def read_online_retail(path: Path) -> EvaluationData:
    """Return the purchases at a path."""
    file = online_retail_file(path)
    assert file is not None
    rows = read_columns(file, _COLUMNS, where=_SOLD, form=_TEXT)
    count = len(rows["item"])
    return of_rows(
        rows["member"],
        rows["item"].astype(str),
        rows["at_ms"],
        {
            "action": np.full(count, action_code("purchase")),
            "region": coded(rows["country"], ("", "Unspecified")),
        },
        exact=np.ones(count, bool),
        notes=("Returns, lines without a customer and lines that are no product are left out.",),
    )
