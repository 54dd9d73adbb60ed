"""The child process of `notify`: sends a message to Apprise services; its answer is which failed, by number, and why.

Standard input is {"urls": […], "title": …, "body": …}, standard output {"1": "why", …}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence


def failures(urls: Sequence[str], title: str, body: str) -> dict[int, str]:
    """The services that did not take the message, by their number."""
    import apprise

    failed = {}
    for number, url in enumerate(urls):
        service = apprise.Apprise()
        if not service.add(url):
            failed[number] = "not an address that Apprise knows"
        elif not service.notify(title=title, body=body, body_format=apprise.NotifyFormat.MARKDOWN):
            failed[number] = "the service refused the message"
    return failed


if __name__ == "__main__":
    sys.stdout.write(json.dumps(failures(**json.load(sys.stdin))))
