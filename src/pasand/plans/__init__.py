"""Plans shipped with Pasand: which stages make a page, in which order, as TOML."""
