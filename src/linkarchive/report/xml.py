"""XML out of a report: elements of the standard library, text that no parser refuses."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from xml.etree import ElementTree

from linkarchive.report.sanitize import one_line

# What XML 1.0 §2.2 does not have as a character, in any spelling.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(parent: ElementTree.Element, tag: str, text: str = "", **attributes: str) -> ElementTree.Element:
    """A child element; text and attributes lose what XML cannot hold (the report's own are sanitized before)."""
    child = ElementTree.SubElement(parent, tag, {name: _legal(value) for name, value in attributes.items()})
    child.text = _legal(text) or None
    return child


def document(root: ElementTree.Element) -> str:
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def token(text: str) -> str:
    """One line without white space at its ends, for attributes that are names; never empty."""
    return one_line(text).strip() or "-"


def moment(time: datetime) -> str:
    """RFC 3339, in UTC, to the second."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
