"""The database of a project: the only room with SQL."""
