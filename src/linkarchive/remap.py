"""`[network] remap`: addresses that are visited in place of those that are cited.

A rule is a regular expression and what takes the place of all that it matches, with a space between, as lychee has it:
`https://old\\.example/(.*) https://new.example/$1`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from linkarchive.errors import SettingsError

_GROUP = re.compile(r"\$(?:(\$)|(\w+)|\{(\w+)\})")
_EXAMPLE = r"give “PATTERN REPLACEMENT”, such as 'https://old\.example/(.*) https://new.example/$1'"


def remapped(url: str, rules: Sequence[str]) -> str:
    """The address to visit for a URL: by the first rule whose expression is found in it, else the URL itself."""
    for rule in rules:
        pattern, replacement = _parsed(rule)
        if pattern.search(url):
            return pattern.sub(replacement, url)
    return url


def refuse_faulty_rules(rules: Sequence[str]) -> None:
    """Raises SettingsError for a rule without two parts, with a faulty expression, or with a group that it lacks."""
    for rule in rules:
        _parsed(rule)


@cache
def _parsed(rule: str) -> tuple[re.Pattern[str], str]:
    """The expression, and the replacement as `re.sub` wants it."""
    parts = rule.split()
    if len(parts) != 2:
        raise SettingsError(f"remap: {rule!r} is not a rule: {_EXAMPLE}")
    replacement = _GROUP.sub(_group, parts[1].replace("\\", r"\\"))
    try:
        pattern = re.compile(parts[0])
        re.compile(f"(?:{parts[0]})?").sub(replacement, "")
    except (re.error, IndexError, OverflowError, RecursionError) as error:
        raise SettingsError(f"remap: {rule!r} is not a rule: {error}; {_EXAMPLE}") from error
    return pattern, replacement


def _group(match: re.Match[str]) -> str:
    return "$" if match[1] else rf"\g<{match[2] or match[3]}>"
