"""The main job (docs/design.md §3): `run.check` wires the rooms, each module here is one stage of it."""
