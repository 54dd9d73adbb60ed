"""The main job (docs/design.md, "The road"): `run.check` reads from top to bottom, each module is a stage of it.

`articles` reads what is cited, `plan` makes a Job of each source, `crawl` visits it. `unchanged` concludes on a page
that is what it was: one row of the database. Any other `assess` judges, in this process or in a worker of `pool`; a
page that makes the judge raise, hang or crash costs its own verdict, and never the run. `conclude` says what follows,
`record` writes it, `finish` ends the run with its log, manifest and report. `lookups` asks web archives beside all
this, `answers` uses what they say. `processes` has several processes make the visits; `scopes` keeps what pages need
to be shown.
"""
