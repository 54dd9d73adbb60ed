"""What copies hold is chosen in archive.toml, for a site, or by a flag; what cannot be had is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from linkarchive.model import CaptureScope
from linkarchive.settings import load_settings
from linkarchive.sites import scope_for, with_scope

RULES = """
[keep]
scope = "page"

[[sites]]
host = "plain.example"
scope = "document"

[[sites]]
host = "other.example"
"""


def test_the_rule_of_a_site_goes_before_the_project_and_the_flag_before_both(tmp_path: Path) -> None:
    (tmp_path / "archive.toml").write_text(RULES)
    settings = load_settings(tmp_path, environ={})
    urls = ("https://www.plain.example/", "https://other.example/", "https://third.example/")
    assert [scope_for(url, settings) for url in urls] == [CaptureScope.DOCUMENT, CaptureScope.PAGE, CaptureScope.PAGE]
    flagged = with_scope(settings, "document")
    assert {scope_for(url, flagged) for url in urls} == {CaptureScope.DOCUMENT}
    assert with_scope(settings, None) is settings


@pytest.mark.parametrize(
    ("rules", "flags"),
    [
        ("", ["--scope", "pages"]),
        ("[keep]\nscope = 'pages'\n", []),
        ("[[sites]]\nhost = 'a.example'\nscope = 'all'\n", []),
    ],
    ids=["flag", "project", "site"],
)
def test_an_unknown_scope_is_refused_and_the_three_are_named(folder: Any, rules: str, flags: list[str]) -> None:
    folder.write("archive.toml", rules)
    ran = folder.run("check", *flags)
    assert (ran.code, ran.out) == (2, "")
    assert all(name in ran.err for name in ("document", "page", "rendered"))
