"""Row 7: a project folder may have any name that the system allows; nothing of it is read as part of a URL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

URL = "http://alpha.example/report"
NAMES = ("a?b", "what?mode=ro", "100%20", "%41", "a#b", "a b", "-dash", "ü☃", "quote'\"", "semi;colon&", "new\nline")


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_a_project_folder_of_any_name_is_checked_reported_and_rebuilt(folder: Any, stage: Any, name: str) -> None:
    stage[URL] = stage.html(URL)
    around = folder.root / "around"
    project = replace(folder, root=around / name)
    project.root.mkdir(parents=True)
    project.article(URL)
    first = project.check("article.md")
    assert (first.code, first.told(URL)) == (0, ("ok", "first-seen", "none"))
    assert (project.root / "archive" / "archive.sqlite").is_file()
    assert [path.name for path in around.iterdir()] == [name], "nothing is made outside of the folder"
    assert project.run("report", "--format", "json").json["sources"] == first.json["sources"]
    assert project.run("rebuild").code == 0
    assert project.check(now="2026-01-12").told(URL) == ("ok", "same", "none")
    assert project.run("verify").code == 0
