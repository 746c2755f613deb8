"""The world outside: implementations of the ports, and readers of files. Adapters never think."""
