"""Captures on disk: WARC files, their CDXJ indexes, and the manifests that vouch for both (docs/design.md §6).

`writer` turns visits into records and captures, `reader` captures into pages,
`repair` mends what a kill left, `manifest` seals a run, `verify` doubts every byte.
"""
