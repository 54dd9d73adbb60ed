"""Rules for addresses with a first folder more, or less, than those that a rule was learnt from: that of a language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from linkarchive.relocate.rules import Program, Rule

_STAND_IN = "folder"


@dataclass(frozen=True, slots=True)
class OneFolderMore(Rule):
    """The old and the new address have the same first folder before what the rule says."""

    @property
    def program(self) -> Program:
        return f"{self.start}/*", self.parts, self.is_folder

    def apply(self, old: str, title: str = "") -> str | None:
        first, slash, rest = urlsplit(old).path[1:].partition("/")
        new = Rule.apply(self, urlsplit(old)._replace(path=f"/{rest}").geturl(), title) if slash else None
        return None if new is None else new.replace(self.start, f"{self.start}/{first}", 1)


@dataclass(frozen=True, slots=True)
class OneFolderLess(Rule):
    """Neither address has the first folder, which the rule keeps."""

    @property
    def program(self) -> Program:
        return f"{self.start}/..", self.parts, self.is_folder

    def apply(self, old: str, title: str = "") -> str | None:
        new = Rule.apply(self, urlsplit(old)._replace(path=f"/{_STAND_IN}{urlsplit(old).path}").geturl(), title)
        start = f"{self.start}/{_STAND_IN}/"
        return new.replace(start, f"{self.start}/", 1) if new is not None and new.startswith(start) else None


def with_other_folders(rules: list[Rule]) -> Iterator[Rule]:
    """The rules, then what follows from each for other folders, which has a single example: it is a guess."""
    yield from rules
    for rule in rules:
        for kind in (OneFolderMore, OneFolderLess):
            yield kind(rule.start, rule.parts, rule.is_folder, rule.examples[:1])
