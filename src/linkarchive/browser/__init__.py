"""Pages as a browser shows them: Chromium behind a local proxy of ours (docs/design.md §6).

`renderer` is what others use, `rendering` the values that it gives. `page` reads one page, `pictures` makes the
pictures of it, `chromium` is the process, `proxy` is the browser's only way out and records what passes; `upstream`
sends it on as our own visits are sent.
"""
