"""Sources propose items, each with a column of its own."""
