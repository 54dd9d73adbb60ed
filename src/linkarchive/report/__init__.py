"""Reports: one view model (`model.Report`) in every format; strings in, strings out, no I/O.

`formats` lists the formats, `foreign` makes other people's text safe to show,
`words` says in sentences what happened and what to do, `sections` puts the
sources in the order of the reader's interest; a module a format lays it out.
"""
