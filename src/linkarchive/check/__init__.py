"""The main job (DESIGN §3): `run.check` wires the rooms, each module here is one stage of it."""
