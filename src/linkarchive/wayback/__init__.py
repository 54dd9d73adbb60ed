"""The copies that web archives hold: found, fetched as they were stored, and asked for.

Every question has one of three answers (`answers.py`): there is a copy, there is none,
or we could not find out. Trouble with an archive is the third, never the second.
"""
