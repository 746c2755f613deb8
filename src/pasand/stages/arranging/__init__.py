"""The mathematics of arranging a page: attention, worth, choice of rows, cells, chance."""
