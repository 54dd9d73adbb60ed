"""The embedded web: many host names on loopback, for `archive demo`, the tests and the benchmarks."""
