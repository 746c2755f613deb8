"""The attention that counts until an installation has learned its own: learned in the built-in
world from randomised swaps by ``scripts/attention_table.py``, which writes this file.

A cell's attention is the product of its row's number and its column's.
"""

from __future__ import annotations

__all__ = ["COLUMNS", "HASH", "ROWS"]

HASH = "fbc7ba40e7c51e2b"
ROWS: dict[str, tuple[float, ...]] = {
    "phone": (1.0, 0.6461, 0.4158, 0.2705, 0.1812, 0.1208, 0.0872, 0.0646),
    "tablet": (1.0, 0.5779, 0.3552, 0.2212, 0.1343, 0.0874, 0.0558, 0.0369),
    "desktop": (1.0, 0.5789, 0.3514, 0.2162, 0.137, 0.0887, 0.0589, 0.0394),
    "tv": (1.0, 0.6125, 0.3552, 0.2119, 0.1328, 0.0822, 0.0532, 0.0352),
}
COLUMNS: dict[str, tuple[float, ...]] = {
    "phone": (1.0, 0.6556, 0.4268, 0.2788, 0.185, 0.1246, 0.0872, 0.0627),
    "tablet": (1.0, 0.6991, 0.5068, 0.3693, 0.2585, 0.1872, 0.1385, 0.1041),
    "desktop": (1.0, 0.733, 0.5265, 0.4063, 0.3212, 0.2531, 0.2002, 0.1586),
    "tv": (1.0, 0.7482, 0.572, 0.4557, 0.362, 0.2847, 0.2248, 0.178),
}
