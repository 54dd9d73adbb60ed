"""The hub: many projects, or more links than one machine (docs/design.md §11)."""
