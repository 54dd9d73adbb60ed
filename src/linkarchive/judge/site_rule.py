"""A page as it is judged: with what the project's rule for its site says (`[[sites]]`)."""

from __future__ import annotations

from msgspec.structs import replace

from linkarchive.model import Page
from linkarchive.settings import SiteSettings

_MARK = "data-linkarchive-ignored"


def apply_site_rule(page: Page, rule: SiteSettings | None) -> Page:
    """The page without the elements that the rule ignores; a status that the rule accepts is a page's (200). For both
    sides of a comparison. What is no HTML, or too deep to be parsed, keeps its bytes."""
    if rule is None or page.failure is not None:
        return page
    if page.status in rule.accept_status:
        page = replace(page, status=200)
    return _without(page, rule.ignore) if rule.ignore else page


def _without(page: Page, selectors: tuple[str, ...]) -> Page:
    from resiliparse.parse.html import HTMLTree

    from linkarchive.judge.parsed_page import ParsedPage

    reading = ParsedPage(page)
    if reading.kind != "html" or reading.is_deep:
        return page
    tree = HTMLTree.parse(reading.source)
    root = tree.document
    if root is None:
        return page
    for selector in selectors:
        for element in root.query_selector_all(selector):
            element.setattr(_MARK, "")
    marked = root.query_selector_all(f"[{_MARK}]")
    if not marked:
        return page
    # A removed element must not be touched again (its memory is gone): each once, children before their parents.
    for element in reversed(marked):
        element.decompose()
    headers = {**page.headers, "content-type": "text/html; charset=utf-8"}
    return replace(page, body=str(tree).encode("utf-8", "replace"), headers=headers)
