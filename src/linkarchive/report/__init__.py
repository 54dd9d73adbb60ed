"""Reports: one view model (`model.Report`) in every format; strings in, strings out, no I/O.

`formats` lists the formats, `sanitize` makes other people's text safe to show, `phrases`, `summary` and `suggestions`
say in sentences what happened and what to do, `sections` puts the sources in the order of the reader's interest; a
module a format lays it out. What is said goes through `translation`.
"""
