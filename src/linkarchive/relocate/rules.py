"""Rules that lead from old addresses of a site to new ones, learnt from pairs.

A rule is a small program: for each part of the new path the pieces of the old address and title that make it, with
their case and what joins them. It is a function of its examples alone, and names no form of a path.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl, quote, unquote, urlsplit

_WORD = re.compile(r"[^\W_]+")
_SEPARATOR = re.compile(r"[\W_]+")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")
_AS_IT_STANDS = " as it stands"
_FULL = re.compile(r"part -?\d+(?: as it stands)?|query .*|host \d+|title")
_MOST_PIECES = 4
_LONGEST, _DEEPEST = 2_000, 24
"""Characters and slashes of an address that rules are learnt from."""
_MOST_PROGRAMS = 400
"""Ways to make one part of a path that are looked at."""
_TWO_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa"})
_SAFE = "!$&'()*+,;=:@~"
CASES = ("as it is", "lower", "upper", "capitals")


@dataclass(frozen=True, slots=True)
class Example:
    """A page whose old and new address are known; its title where that is known."""

    old: str
    new: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the old address by its name (`feature`), or a word that is always the same."""

    feature: str | None
    word: str = ""


@dataclass(frozen=True, slots=True)
class PartProgram:
    """How a part of the new path is made."""

    pieces: tuple[Piece, ...]
    joint: str
    case: str
    extension: str

    @property
    def cost(self) -> tuple[int, int, int, int]:
        """Fewer words that are always the same, then fewer pieces, then whole ones, are the simpler program."""
        fixed = sum(piece.feature is None for piece in self.pieces)
        cut = sum(_cut(piece.feature) for piece in self.pieces if piece.feature is not None)
        return fixed, len(self.pieces), cut, CASES.index(self.case)

    @property
    def is_as_it_stands(self) -> bool:
        """A piece keeps its separators."""
        return any(piece.feature is not None and piece.feature.endswith(_AS_IT_STANDS) for piece in self.pieces)

    def run(self, features: Mapping[str, tuple[str, ...]]) -> str | None:
        """The part of the new path; None if the old address lacks a piece of it."""
        words: list[str] = []
        for piece in self.pieces:
            if piece.feature is None:
                words.append(piece.word)
            elif piece.feature in features:
                words += (_cased(word, self.case) for word in features[piece.feature])
            else:
                return None
        return self.joint.join(words) + self.extension


Program = tuple[str, tuple[PartProgram, ...], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """Where pages of a site are now."""

    start: str
    """Scheme and host of the new address."""
    parts: tuple[PartProgram, ...]
    is_folder: bool
    """The new address ends with a slash."""
    examples: tuple[Example, ...]

    @property
    def program(self) -> Program:
        """What the rule does, without what it was learnt from: equal for equal rules."""
        return self.start, self.parts, self.is_folder

    def apply(self, old: str, title: str = "") -> str | None:
        """The new address of a page; None where the rule cannot tell, as of an address of another form than those that
        it was learnt from."""
        if _old_form(old) != _old_form(self.examples[0].old):
            return None
        features = features_of(old, title)
        parts = [program.run(features) for program in self.parts]
        if any(not part for part in parts):
            return None
        path = "/".join(quote(part, safe=_SAFE) for part in parts if part)
        return f"{self.start}/{path}{'/' if self.is_folder and path else ''}"

    @property
    def is_general(self) -> bool:
        """It makes different addresses of different pages."""
        return any(piece.feature is not None for program in self.parts for piece in program.pieces)

    def in_words(self) -> str:
        example = self.examples[0]
        others = len(self.examples) - 1
        rest = f"; {others} other{'' if others == 1 else 's'} did" if others else ""
        is_one_host = urlsplit(example.old).netloc == urlsplit(example.new).netloc
        old, new = (_path(url) if is_one_host else url for url in (example.old, example.new))
        return f"the site's pages moved from {old} to {new}{rest}"


def learn(examples: Sequence[Example]) -> list[Rule]:
    """The rules that the examples show, the best supported first; each fits all of its examples."""
    groups: dict[tuple[object, ...], list[Example]] = {}
    for example in examples:
        try:
            groups.setdefault(_shape(example), []).append(example)
        except ValueError:
            continue
    rules = [rule for group in groups.values() for rule in _rules_of(group)]
    return sorted(rules, key=lambda rule: -len(rule.examples))


def _shape(example: Example) -> tuple[object, ...]:
    """Examples of one rule have new addresses of the same form, and old ones of the same depth."""
    if any(len(url) > _LONGEST or url.count("/") > _DEEPEST for url in (example.old, example.new)):
        raise ValueError(example.new[:_LONGEST])
    old, new = urlsplit(example.old), urlsplit(example.new)
    if new.query or not new.hostname or not old.hostname:
        raise ValueError(example.new)
    return _old_form(example.old), new.scheme, new.netloc, len(_segments(new.path)), new.path.endswith("/")


def _old_form(url: str) -> tuple[str, int, bool]:
    """Host, depth, and whether it has a query."""
    parts = urlsplit(url)
    return parts.netloc, len(_segments(parts.path)), bool(parts.query)


def _rules_of(group: Sequence[Example]) -> Iterator[Rule]:
    """One rule for as many as possible of the group, then one for the others, and so on."""
    left = list(dict.fromkeys(group))
    while left:
        first, fitting = left[0], [left[0]]
        programs = _programs(first)
        for example in left[1:]:
            narrowed = [_fitting(alternatives, example, n) for n, alternatives in enumerate(programs)]
            if all(narrowed):
                programs, fitting = narrowed, [*fitting, example]
        left = [example for example in left if example not in fitting]
        if all(programs):
            new = urlsplit(first.new)
            parts = _simplest(programs)
            rule = Rule(f"{new.scheme}://{new.netloc}", parts, new.path.endswith("/"), tuple(fitting))
            if rule.is_general:
                yield rule


def _simplest(programs: Sequence[Sequence[PartProgram]]) -> tuple[PartProgram, ...]:
    """One program for each part; where separators were changed in one part, they are taken to be changed in all."""
    changed = {
        program.joint
        for alternatives in programs
        if not any(program.is_as_it_stands for program in alternatives)
        for program in alternatives
        if len(program.pieces) == 1 and program.joint
    }

    def order(program: PartProgram) -> tuple[tuple[int, ...], bool]:
        return program.cost, bool(changed) and (program.is_as_it_stands or program.joint not in changed)

    return tuple(min(alternatives, key=order) for alternatives in programs)


def _programs(example: Example) -> list[list[PartProgram]]:
    """For each part of the new path all programs that make it of this example."""
    features = features_of(example.old, example.title)
    return [
        list(islice(_making(segment, features), _MOST_PROGRAMS)) for segment in _segments(urlsplit(example.new).path)
    ]


def _fitting(programs: Iterable[PartProgram], example: Example, number: int) -> list[PartProgram]:
    features = features_of(example.old, example.title)
    segment = _segments(urlsplit(example.new).path)[number]
    return [program for program in programs if program.run(features) == segment]


def _making(segment: str, features: Mapping[str, tuple[str, ...]]) -> Iterator[PartProgram]:
    for extension in dict.fromkeys((_extension(segment), "")):
        yield from _making_stem(segment.removesuffix(extension), extension, features)


def _making_stem(stem: str, extension: str, features: Mapping[str, tuple[str, ...]]) -> Iterator[PartProgram]:
    joints = list(dict.fromkeys(_SEPARATOR.findall(stem))) or ["-", "_", "", ".", "+", " "]
    for joint in [*joints, ""] if "" not in joints else joints:
        for case in CASES:
            texts = {name: joint.join(_cased(word, case) for word in words) for name, words in features.items()}
            for pieces in _split(stem, joint, texts, _MOST_PIECES, set()):
                if any(piece.feature is not None for piece in pieces):
                    yield PartProgram(pieces, joint, case, extension)
    yield PartProgram((Piece(None, stem),), "", CASES[0], extension)


def _split(
    stem: str, joint: str, texts: Mapping[str, str], most: int, hopeless: set[tuple[str, int]]
) -> Iterator[tuple[Piece, ...]]:
    """Every way to put the stem together from the texts of features and, where none fits, words that are always the
    same. `hopeless` collects what cannot be put together of so many pieces, so that it is tried once."""
    if not most or (stem, most) in hopeless:
        return
    is_hopeless = True
    for first, rest in _starts(stem, joint, texts):
        for others in _split(rest, joint, texts, most - 1, hopeless) if rest is not None else [()]:
            is_hopeless = False
            yield (first, *others)
    if is_hopeless:
        hopeless.add((stem, most))


def _starts(stem: str, joint: str, texts: Mapping[str, str]) -> Iterator[tuple[Piece, str | None]]:
    """What the stem may begin with, and what follows that; None where nothing does."""
    for name, text in texts.items():
        if stem == text:
            yield Piece(name), None
        elif stem.startswith(text + joint):
            yield Piece(name), stem[len(text + joint) :]
    if joint:
        word, separator, rest = stem.partition(joint)
        yield Piece(None, word), rest if separator else None


def features_of(url: str, title: str = "") -> dict[str, tuple[str, ...]]:
    """The pieces of an address, each as its words: parts of the path from both ends, their slices, values of the
    query, numbers, the title in the spellings that addresses have."""
    features: dict[str, tuple[str, ...]] = {}
    parts = urlsplit(url)
    segments = _segments(parts.path)
    for number, segment in enumerate(segments):
        stem = segment.removesuffix(_extension(segment))
        spans = list(_WORD.finditer(stem))
        for name in (f"part {number + 1}", f"part -{len(segments) - number}"):
            _add(features, name, stem, spans)
            features[f"{name} without accents"] = tuple(_WORD.findall(_plain(stem)))
            if "." in segment:  # what looks like an extension may be the last word
                features[f"{name} whole"] = tuple(_WORD.findall(segment))
            for count in (1, 2, 3):
                if len(spans) > count:
                    _add(features, f"{name} without first {count}", stem, spans[count:])
                    _add(features, f"{name} without last {count}", stem, spans[:-count])
                    _add(features, f"{name} first {count}", stem, spans[:count])
                    _add(features, f"{name} last {count}", stem, spans[-count:])
            words = features.get(name, ())
            numbers = [word for word in words if word.isdigit()]
            if numbers:
                features[f"{name} number"] = (numbers[0],)
                features[f"{name} without zeros"] = (numbers[0].lstrip("0") or "0",)
                features[f"{name} without numbers"] = tuple(word for word in words if not word.isdigit())
    for name, value in parse_qsl(parts.query):
        features[f"query {name}"] = tuple(_WORD.findall(value))
    for number, label in enumerate((parts.hostname or "").split(".")):
        features[f"host {number + 1}"] = tuple(_WORD.findall(label))
    if title:
        features["title"] = tuple(_WORD.findall(_plain(title)))
        features["title in two letters"] = tuple(_WORD.findall(_plain(title.lower().translate(_TWO_LETTERS))))
        features["title without quotes"] = tuple(_WORD.findall(_plain(re.sub("['’]", "", title))))
    return {name: words for name, words in features.items() if words}


def _add(features: dict[str, tuple[str, ...]], name: str, text: str, spans: Sequence[re.Match[str]]) -> None:
    """The words of these spans, and the text from the first to the last as it stands."""
    if spans:
        features[name + _AS_IT_STANDS] = (text[spans[0].start() : spans[-1].end()],)
        features[name] = tuple(span[0] for span in spans)


def _cut(feature: str) -> int:
    """How much of a part of the address a feature leaves out."""
    return 0 if feature.endswith("whole") else 1 if _FULL.fullmatch(feature) else 2


def _plain(text: str) -> str:
    """The text without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def _cased(word: str, case: str) -> str:
    if case == "lower":
        return word.lower()
    if case == "upper":
        return word.upper()
    return word[:1].upper() + word[1:].lower() if case == "capitals" else word


def _segments(path: str) -> list[str]:
    return [unquote(segment) for segment in path.split("/") if segment]


def _extension(segment: str) -> str:
    match = _EXTENSION.search(segment)
    return match[0] if match is not None and match.start() > 0 else ""


def _path(url: str) -> str:
    parts = urlsplit(url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
