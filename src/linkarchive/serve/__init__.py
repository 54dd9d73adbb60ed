"""The review page: the report, live, on this machine only, with what a person can decide about each finding.

`review` gathers what is shown, `page` draws it, `decide` records what was decided, `recheck` runs the check again
for some sources, `guard` lets only the person at this machine in, `app` wires them. `captures` shows stored pages
on an origin of their own, where nothing of them can run.
"""
