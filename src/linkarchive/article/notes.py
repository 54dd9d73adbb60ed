"""Notes and numbered lists of references: which sentence bears the mark of which entry."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate
from textwrap import shorten

from linkarchive.article.context import Sentences
from linkarchive.article.dates import find_date
from linkarchive.article.passage import Link, Mark, Passage, fold

_HEADING = re.compile(
    r"""[\W\d_]*(?:
      (?:list\s+of\s+)?references?(?:\s+(?:list|cited|and\s+notes))? | (?:selected\s+)?bibliography
    | (?:web\s+)?sources? | (?:works|literature)\s+cited | (?:notes|citations)(?:\s+and\s+references)? | foot-?notes
    | end-?notes | literature
    | quellen(?:verzeichnis|angaben)? | einzelnachweise | literatur(?:verzeichnis)? | anmerkungen | fußnoten | belege
    | références | bibliographie | notes\s+et\s+références | referencias | bibliografía | fuentes | notas
    | riferimenti | bibliografia | fonti | referências | fontes | referenties | bronnen | noten | literatuur
    | källor | referenser | kilder | referanser | referencer | źródła | przypisy | zdroje | reference
    | источники | примечания | литература | ссылки | джерела | примітки | література | kaynaklar | kaynakça
    | lähteet | viitteet | források | jegyzetek | surse | referințe | πηγές | παραπομπές | المراجع | المصادر
    | 参考文献 | 参考資料 | 参考资料 | 參考資料 | 出典 | 脚注 | 来源 | 來源 | 注释 | 註釋 | 참고문헌 | 출처 | 각주
    )[\W_]*""",
    re.IGNORECASE | re.VERBOSE,
)
_BRACKETED = re.compile(r"^[ \t]*(?:\[(\d{1,3})\][ \t.:]*|([⁰¹²³⁴-⁹]{1,3})[ \t]*)(?=\S)", re.MULTILINE)
_NUMBERED = re.compile(
    r"^[ \t]*(?:(?:\[(\d{1,3})\]|(\d{1,3})[.)]|\((\d{1,3})\))[ \t]+|([⁰¹²³⁴-⁹]{1,3})[ \t]*)(?=\S)", re.MULTILINE
)
_MARK = re.compile(r"[ \t]*\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3}){0,9})\]|([⁰¹²³⁴-⁹]{1,3})")
_ROUND_ENTRY = re.compile(r"^[ \t]*\(\d{1,3}\)[ \t]+(?=\S)", re.MULTILINE)
_ANY_MARK = re.compile(r"(?:[ \t]*\[|(?<=\S)[ \t]*\()(\d{1,3}(?:\s*[,;–-]\s*\d{1,3}){0,9})[\])]|([⁰¹²³⁴-⁹]{1,3})")
"""Marks of a text whose list of references is numbered `(1)`, `(2)`."""
_BEFORE_RAISED = re.compile(r"(?:[^\W\d_]{4}|[^\w\s⁰¹²³⁴-⁹^])\Z")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_WIDEST_RANGE = 20

_ACCESSED = re.compile(
    r"""(?<!\w)(?:(?:last\s+|date\s+)?(?:accessed|retrieved|visited|checked|viewed|consulted|read)(?:\s+on)?
    | access(?:\s+date|ed)? | (?<=\[)cited
    | as\s+of | (?:zuletzt\s+)?(?:abgerufen|aufgerufen|besucht|geprüft|eingesehen)(?:\s+am)?
    | (?:letzter\s+)?(?:zugriff|abruf)(?:\s+am)? | (?:page\s+)?consultée?(?:\s+le)? | (?:dernier\s+)?accès(?:\s+le)?
    | consultad[oa](?:\s+(?:el|em|en))? | (?:fecha\s+de\s+)?(?:consulta|acceso) | recuperado(?:\s+el)?
    | acess(?:o|ado)(?:\s+em)? | visitato(?:\s+il)? | consultato(?:\s+il)? | (?:ultimo\s+)?accesso
    | geraadpleegd(?:\s+op)? | bezocht(?:\s+op)? | läst | hämtad(?:\s+den)? | besøgt(?:\s+den)? | hentet(?:\s+den)?
    | lest | luettu | viitattu | dostęp | odczyt | cit(?:ováno|\.)? | navštíveno | hozzáférés | accesat(?:\s+la)?
    | erişim(?:\s+tarihi)? | дата\s+обращения | (?:проверено|просмотрено|обращение) | дата\s+звернення
    | アクセス(?:日)? | 閲覧(?:日)? | 最終閲覧(?:日)? | 访问(?:日期|于)? | 查阅(?:日期|于)?
    | 檢索(?:日期|於)? | 접속(?:일)?
    )[\s:,(\[]*""",
    re.IGNORECASE | re.VERBOSE,
)
_BEFORE_THE_WORD = re.compile(
    r"\d{4}[年년/.-]\s?\d{1,2}[月월/.-]\s?\d{1,2}[日일]?\s*(?:に)?(?:閲覧|アクセス|访问|查阅|檢索|접속|확인)"
)
"""Languages in which the word follows the day."""
_QUOTATION = re.compile(
    r"“([^“”]{15,400})”|„([^„“”]{15,400})[“”]|«([^«»]{15,400})»|「([^「」]{8,400})」|\"([^\"]{15,400})\""
)
_FEWEST_WORDS = 4
_MOST_CITATIONS = 10_000
"""Links of one note, times the sentences that bear its mark. What is cut off is a gap of the article."""
_FEWEST_CLAIMS = 100
"""Sentences that are taken of any note, however many links it has."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the article cites a link in a note for: its sentence, and what it quotes."""

    context: str
    """The sentence that bears the note's mark; "" where nothing in the text points to the note."""
    note: str
    """The words of the note."""
    accessed: date | None = None
    """The day on which the author looked, as the note says it."""
    quote: str | None = None
    """The longest quotation in the note."""


class Notes:
    """The notes of an article and the sentences that bear their marks."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._contexts: dict[str, list[str]] = defaultdict(list)
        texts: dict[str, list[str]] = defaultdict(list)
        links: dict[str, int] = defaultdict(int)
        for passage in passages:
            if passage.note is not None:
                texts[passage.note].append(passage.text)
                links[passage.note] += len(passage.links)
            if passage.marks:
                sentences = Sentences(passage.text)
                for mark in passage.marks:
                    self._contexts[mark.label].append(sentences.bearing(mark.start, mark.end))
        self._texts = {label: fold(" ".join(parts)) for label, parts in texts.items()}
        self._claims: dict[str, list[Claim]] = {}
        self.gaps: list[str] = []
        """The notes of which not every citing sentence is taken, a sentence each."""
        for label, count in links.items():
            contexts = list(dict.fromkeys(self._contexts.get(label, ())))
            most = max(_FEWEST_CLAIMS, _MOST_CITATIONS // max(count, 1))
            if count and len(contexts) > most:
                shown = shorten(self._texts[label], 60, placeholder=" …")
                self.gaps.append(f"of the {len(contexts)} sentences that cite the note “{shown}” {most} are taken")
            self._contexts[label] = contexts[:most]

    def claims(self, label: str) -> list[Claim]:
        """A claim for each mark of the note in the text, one without a sentence for a note that has none."""
        if label not in self._claims:
            note = self._texts.get(label, "")
            accessed, quote = day_of_access(note, 0, len(note)), longest_quotation(note)
            contexts = self._contexts.get(label) or [""]
            self._claims[label] = [Claim(context, note, accessed, quote) for context in contexts]
        return self._claims[label]


def day_of_access(text: str, start: int, end: int) -> date | None:
    """The day on which the author looked, as the words between these offsets say it."""
    for match in _BEFORE_THE_WORD.finditer(text, start, end):
        if day := find_date(match[0], 0):
            return day
    for match in _ACCESSED.finditer(text, start, end):
        if day := find_date(text[match.end() : min(match.end() + 40, end)], 15):
            return day
    return None


def longest_quotation(text: str) -> str | None:
    """What a note quotes; titles of a few words are none."""
    quotations = [fold(next(filter(None, match.groups()))) for match in _QUOTATION.finditer(text)]
    quotations = [words for words in quotations if len(words.split()) >= _FEWEST_WORDS or not words.isascii()]
    return max(quotations, key=len, default=None)


# --- numbered lists of references ------------------------------------------------------


def with_numbered_lists(passages: Iterable[Passage]) -> list[Passage]:
    """The passages, with the entries of numbered lists of references as notes, and their numbers in the text as marks.
    An entry begins with `[1]`, or is numbered and stands below a heading such as “References”."""
    parts = list(_parts(passages))
    lists = _Lists(parts)
    done: list[Passage] = []
    for place, part in enumerate(parts):
        if part.is_listed or lists.are_marked(place):
            done += [
                _marked(entry, place, lists)
                if entry.item is None
                else replace(entry, note=_label(entry.item, lists.home(place)))
                for entry in part.entries
            ]
        elif part.whole.note is None:
            done.append(_marked(part.whole, place, lists))
        else:
            done.append(part.whole)
    return done


def _label(number: int, place: int) -> str:
    return f"list {place}: {number}"


@dataclass(frozen=True, slots=True)
class _Part:
    """A passage, and what it would be as a piece of a list: entries carry their number in `item`."""

    whole: Passage
    entries: tuple[Passage, ...] = ()
    is_listed: bool = False
    """It stands below a heading that announces references."""


def _parts(passages: Iterable[Passage]) -> Iterator[_Part]:
    in_list = False
    for passage in passages:
        if passage.note is not None or not passage.text.strip():
            yield _Part(passage)
            continue
        if len(passage.text) <= 60 and _HEADING.fullmatch(passage.text):
            in_list = True
            yield _Part(passage)
            continue
        heading, _, rest = passage.text.partition("\n")
        is_headed = len(heading) <= 60 and bool(rest) and _HEADING.fullmatch(heading) is not None
        in_list = in_list or is_headed
        if in_list and passage.item is not None:
            yield _Part(passage, (passage,), True)
            continue
        entries = tuple(_split(passage, _NUMBERED if in_list else _BRACKETED))
        in_list = in_list and bool(entries)
        yield _Part(passage, entries, in_list)


def _split(passage: Passage, pattern: re.Pattern[str]) -> Iterator[Passage]:
    """The passage before its numbered lines, and each of those by itself; nothing where there are none."""
    starts = list(pattern.finditer(passage.text))
    if not starts:
        return
    bounds = [match.start() for match in starts] + [len(passage.text)]
    links = sorted(passage.links, key=lambda link: link.start)
    if bounds[0]:
        yield _cut(passage, links, (0, bounds[0]), 0, passage.line)
    line, counted = passage.line, 0
    for match, after in zip(starts, bounds[1:], strict=True):
        number = next(int(group.translate(_SUPERSCRIPTS)) for group in match.groups() if group)
        line, counted = line + passage.text.count("\n", counted, match.start()), match.start()
        entry = _cut(passage, links, (match.start(), after), match.end(), line)
        yield replace(entry, item=number)


def _cut(passage: Passage, links: Sequence[Link], bounds: tuple[int, int], text_start: int, line: int) -> Passage:
    """The part of a passage between two offsets, its text from `text_start`; `links` are in order."""
    start, end = bounds
    offset = max(start, text_start)
    first, last = bisect_left(links, start, key=_start), bisect_left(links, end, key=_start)
    if end == len(passage.text):
        last = bisect_right(links, end, key=_start)
    inside = tuple(
        replace(link, start=max(link.start - offset, 0), end=max(link.end - offset, 0)) for link in links[first:last]
    )
    return replace(passage, line=line, text=passage.text[offset:end], links=inside, marks=())


def _start(link: Link) -> int:
    return link.start


class _Lists:
    """The numbers of each list and the numbers in the text, by the places of their parts."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self._parts = parts
        is_round = any(part.is_listed and _ROUND_ENTRY.search(part.whole.text) for part in parts)
        self.pattern = _ANY_MARK if is_round else _MARK
        """What a mark looks like here."""
        self._places: dict[int, list[int]] = defaultdict(list)
        self._marked: set[int] = set()
        self._homes: list[int] = []
        for place, part in enumerate(parts):
            before = parts[place - 1].entries[-1:] if place else ()
            goes_on = len(part.entries) == 1 and bool(before) and before[0].item == part.entries[0].item
            self._homes.append(self._homes[-1] if goes_on else place)
            for entry in part.entries or (part.whole,):
                if part.entries and entry.item is not None:
                    self._places[entry.item].append(place)
                elif part.whole.note is None:
                    self._marked.update(
                        number for mark in _marks_in(entry.text, self.pattern) for number in _numbers(mark)
                    )

    def home(self, place: int) -> int:
        """The place of the first paragraph of an entry."""
        return self._homes[place]

    def label(self, number: int, place: int) -> str | None:
        """The entry of that number in the first list behind a place in the text, else in the last one before it."""
        places = self._places.get(number)
        if not places:
            return None
        after = bisect_left(places, place)
        return _label(number, self.home(places[after] if after < len(places) else places[-1]))

    def are_marked(self, place: int) -> bool:
        """The text bears the number of an entry at that place."""
        return any(entry.item in self._marked for entry in self._parts[place].entries)


def _marks_in(text: str, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """What may be marks: numbers in brackets, and raised ones that are no power or unit (`m²`)."""
    for match in pattern.finditer(text):
        if match[1] or _BEFORE_RAISED.search(text, max(0, match.start() - 40), match.start()):
            yield match


def _numbers(match: re.Match[str]) -> list[int]:
    if match[2]:
        return [int(match[2].translate(_SUPERSCRIPTS))]
    numbers: list[int] = []
    for piece in re.split(r"[,;]", match[1]):
        first, _, last = re.sub(r"[–-]", "-", piece).partition("-")
        start, end = int(first), int(last or first)
        numbers += range(start, min(end, start + _WIDEST_RANGE) + 1)
    return numbers


def _marked(passage: Passage, place: int, lists: _Lists) -> Passage:
    """The passage with its numbers as marks, taken out of the text."""
    cuts: list[tuple[int, int]] = []
    marks: list[tuple[int, str]] = []
    links = sorted(passage.links, key=_start)
    ends = list(accumulate((link.end for link in links), max))  # the furthest of the links up to each
    for match in _marks_in(passage.text, lists.pattern):
        labels = [label for number in _numbers(match) if (label := lists.label(number, place))]
        before = bisect_left(links, match.end(), key=_start)
        if labels and not (before and ends[before - 1] > match.start()):
            cuts.append(match.span())
            marks += [(match.start(), label) for label in labels]
    if not cuts:
        return passage
    starts = [start for start, _ in cuts]
    removed_before = [0, *accumulate(end - start for start, end in cuts)]

    def moved(offset: int) -> int:
        count = bisect_left(starts, offset)
        over = max(0, cuts[count - 1][1] - offset) if count else 0
        return offset - removed_before[count] + over

    pieces, done = [], 0
    for start, end in cuts:
        pieces.append(passage.text[done:start])
        done = end
    new = [Mark(label, moved(at), moved(at)) for at, label in marks]
    return replace(
        passage,
        text="".join([*pieces, passage.text[done:]]),
        links=tuple(replace(link, start=moved(link.start), end=moved(link.end)) for link in passage.links),
        marks=(*(replace(mark, start=moved(mark.start), end=moved(mark.end)) for mark in passage.marks), *new),
    )
