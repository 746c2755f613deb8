"""What Pasand speaks of: frozen data; no I/O, no clock, no randomness of its own."""
