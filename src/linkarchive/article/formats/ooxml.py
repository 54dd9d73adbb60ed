"""What the packages of Office Open XML share: relationships and document properties (ECMA-376 part 2)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from linkarchive.article.package import Package, local_name, part_name, text_of
from linkarchive.errors import ArticleError

R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CORE = "docProps/core.xml"


class Relation(NamedTuple):
    id: str
    type: str
    """The last part of its type, such as `hyperlink`."""
    target: str
    """A URL, or the name of a part as written."""
    is_external: bool


def relations(package: Package, part: str) -> Iterator[Relation]:
    """The relationships of a part, none where there is no list of them; those of the package itself with "". Raises
    ArticleError for a list that cannot be read."""
    folder, name = posixpath.split(part)
    file = posixpath.join(folder, "_rels", f"{name}.rels")
    for element in package.xml(file) if file in package.names else ():
        if local_name(element) == "Relationship":
            type = element.get("Type", "").rpartition("/")[2]
            is_external = element.get("TargetMode") == "External"
            yield Relation(element.get("Id", ""), type, element.get("Target", ""), is_external)


def _readable_relations(package: Package, part: str) -> list[Relation]:
    """`relations`; none where their list cannot be read."""
    try:
        return list(relations(package, part))
    except ArticleError:
        return []


def link_targets(package: Package, part: str) -> dict[str, str]:
    """The URLs that a part links to, by the names of their relationships."""
    return {relation.id: relation.target for relation in _readable_relations(package, part) if relation.is_external}


def parts_of(package: Package, part: str, type: str) -> dict[str, str]:
    """The names of the parts of one type that a part refers to, by the names of their relationships."""
    folder = posixpath.dirname(part)
    targets = {
        relation.id: part_name("" if relation.target.startswith("/") else folder, relation.target)
        for relation in _readable_relations(package, part)
        if not relation.is_external and relation.type == type
    }
    return {id: name for id, name in targets.items() if name in package.names}


def listed_parts(package: Package, main: str, type: str, tag: str, pattern: str) -> list[str]:
    """The names of the parts of one type in the order in which the main part lists them, by elements of that tag; where
    it lists none those that fit the pattern, by their numbers."""
    if main in package.names:
        names = parts_of(package, main, type)
        ids = [element.get(R + "id", "") for element in package.xml(main).iter(tag)]
        if listed := [names[id] for id in ids if id in names]:
            return listed
    numbered = [name for name in package.names if re.fullmatch(pattern, name)]
    return sorted(numbered, key=lambda name: int(re.sub(r"\D", "", name)))


def core_title(package: Package) -> str:
    """The title among the document's properties."""
    return text_of(package.xml(_CORE), _DC + "title") if _CORE in package.names else ""
