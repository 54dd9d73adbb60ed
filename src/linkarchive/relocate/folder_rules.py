"""Rules about folders: all below one moved with it; a first folder more or less stays, as that of a language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from linkarchive.relocate.rules import Example, Program, Rule, learn

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


@dataclass(frozen=True, slots=True)
class WholeFolder(Rule):
    """What stands below an old folder stands below a new one, however deep."""

    folders: tuple[str, str]
    """The paths of the old and the new folder, without slashes at their ends."""

    @property
    def program(self) -> Program:
        return f"{self.start}/{self.folders[1]} < {self.folders[0]}", self.parts, self.is_folder

    def apply(self, old: str, title: str = "") -> str | None:
        parts, (before, after) = urlsplit(old), self.folders
        is_same_site = parts.netloc == urlsplit(self.examples[0].old).netloc
        below = parts.path.removeprefix(f"/{before}/" if before else "/")
        if not is_same_site or parts.query or below in ("", parts.path):
            return None
        return f"{self.start}/{after}/{below}" if after else f"{self.start}/{below}"


def rules_and_guesses(examples: Sequence[Example]) -> Iterator[Rule]:
    """The rules that the examples show, those of folders too, the best supported first; then what follows from each
    for a first folder more or less, which has a single example: it is a guess."""
    rules = learn(examples)
    yield from sorted([*rules, *_whole_folders(examples)], key=lambda rule: -len(rule.examples))
    for rule in rules:
        for kind in (OneFolderMore, OneFolderLess):
            yield kind(rule.start, rule.parts, rule.is_folder, rule.examples[:1])


def _whole_folders(examples: Sequence[Example]) -> list[WholeFolder]:
    """A rule for each pair of folders whose pages, or which themselves, have moved."""
    groups: dict[tuple[str, str, tuple[str, str]], list[Example]] = {}
    for example in examples:
        try:
            old, new = urlsplit(example.old), urlsplit(example.new)
        except ValueError:
            continue
        if not old.query and not new.query:
            start = f"{new.scheme}://{new.netloc}"
            groups.setdefault((old.netloc, start, _folders(old.path, new.path)), []).append(example)
    return [WholeFolder(start, (), False, tuple(group), folders) for (_, start, folders), group in groups.items()]


def _folders(old_path: str, new_path: str) -> tuple[str, str]:
    """The two paths without the parts at their ends that are the same."""
    old, new = old_path.split("/"), new_path.split("/")
    while len(old) > 1 and len(new) > 1 and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return "/".join(old[1:]), "/".join(new[1:])
