"""What the project does to itself to see whether it holds: kills, failing disks, damaged files, hostile servers, pairs.

`python -m endure` (with tests/reliability on the path) runs all of it, `make endure` for an hour; the table that it
prints is that of docs/reliability.md. The tests of this folder run the short form.
"""
