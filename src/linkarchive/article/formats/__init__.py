"""The readers of the formats that people bring, one module a family; `registry.py` lists them."""
