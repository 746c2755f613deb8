"""Artists choose the picture of each cell."""
