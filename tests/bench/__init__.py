"""How fast the product is, run as in production: `make bench`, `make bench-smoke` (docs/performance.md)."""
