"""The attention that counts until an installation has learned its own: learned in the built-in
world from randomised swaps by ``scripts/attention_table.py``, which writes this file.

A cell's attention is the product of its row's number and its column's.
"""

from __future__ import annotations

__all__ = ["COLUMNS", "HASH", "ROWS"]

HASH = ""
ROWS: dict[str, tuple[float, ...]] = {
    "phone": (1.0, 0.64, 0.41, 0.26, 0.17, 0.11, 0.07, 0.043),
    "tablet": (1.0, 0.61, 0.37, 0.22, 0.135, 0.08, 0.05, 0.03),
    "desktop": (1.0, 0.62, 0.38, 0.24, 0.147, 0.09, 0.056, 0.035),
    "tv": (1.0, 0.6, 0.354, 0.21, 0.125, 0.074, 0.044, 0.026),
}
COLUMNS: dict[str, tuple[float, ...]] = {
    "phone": (1.0, 0.64, 0.41, 0.26, 0.17, 0.11, 0.07, 0.043),
    "tablet": (1.0, 0.71, 0.51, 0.36, 0.257, 0.183, 0.13, 0.0925),
    "desktop": (1.0, 0.756, 0.57, 0.43, 0.326, 0.247, 0.186, 0.141),
    "tv": (1.0, 0.763, 0.583, 0.445, 0.34, 0.26, 0.198, 0.151),
}
