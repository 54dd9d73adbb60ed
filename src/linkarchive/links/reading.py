"""The articles that a check covers: read now where they are new or changed, else as they are remembered."""

from __future__ import annotations

import glob
import hashlib
import posixpath
from collections.abc import Callable, Container, Iterable, Iterator, Sequence, Set
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from linkarchive.article.bibliography import Beside, may_take_references, nothing_beside
from linkarchive.clock import Clock
from linkarchive.errors import ArticleError, OfflineError
from linkarchive.links.entries import NAME, Entry, LinksFile, Section, section_key
from linkarchive.links.files import as_bytes, joined, link_lists, some_sections
from linkarchive.links.files_read import FilesRead
from linkarchive.links.held import HeldArticles
from linkarchive.links.match import MatchedSection, match
from linkarchive.links.watch import covers, is_there, new_watches, watch_of
from linkarchive.model import Article, Citation
from linkarchive.settings import NetworkSettings

Stored = tuple[Article, str | None]
"""An article as it was read last, and the SHA-256 of its bytes; None: they were never read."""
Remembered = Callable[[str], Stored | None]
"""What is known of the article of a path."""


class ArticleReader(Struct):
    """Reads the articles of one check. What could not be read is told in `errors`, the rest goes on."""

    path: Path
    """Of links.txt."""
    network: NetworkSettings
    clock: Clock
    remembered: Remembered
    fetch_listed: bool = True
    """Articles that feeds and sitemaps name are fetched; else they are taken as they are known."""
    links: LinksFile = field(default_factory=lambda: LinksFile((), ()))
    lists: tuple[str, ...] = ()
    """The files of links, from the project folder."""
    articles: HeldArticles = field(default_factory=HeldArticles)
    """What was read or remembered, by path."""
    digests: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of those whose bytes were read now, by path."""
    notices: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    files: FilesRead | None = None
    """Notes what the reading of all that links.txt knows depends on, where that is asked for."""
    not_fetched: int = 0
    """How many articles of feeds and sitemaps were not."""
    _watches: list[str] = field(default_factory=list)
    """The `articles` lines of the sets of articles that were named."""

    def read(self, names: Sequence[str], stdin: bytes, input_format: str | None) -> None:
        """Read the named articles; without names (or for links.txt itself) all that links.txt knows. Raises
        ArticleError when nothing of what was named can be read."""
        if self.path.exists():
            self.read_lists()
        elif not names:
            raise ArticleError(f"{self.path}: not there; name the articles to check, and they are remembered in it")
        named = [name for name in names if Path(name).name != NAME]
        if named:
            self._read_named(named, stdin, input_format)
        if len(named) < len(names) or not names:
            self._read_watched()
            self._read_known()
        if not named:
            self._sort()
        if named and not self.articles:
            raise ArticleError("; ".join(self.errors) or "nothing to read: no article was named")

    def read_lists(self) -> None:
        """Read links.txt and what it includes. Raises UsageError."""
        lists, malformed = link_lists(self.path)
        self.links, self.lists = joined([file.links for file in lists], malformed), tuple(file.name for file in lists)
        if self.files is not None:
            self.files.is_all = not malformed and not any(
                glob.has_magic(include.pattern) for include in self.links.includes
            )
            for file in lists:
                self.files.note(file.path, as_bytes(file.text))

    def read_sections(self, lists: Sequence[str], articles: Iterable[str]) -> None:
        """Of these files of links, which are what they were, read the sections of some articles. Raises UsageError."""
        self.links, self.lists = some_sections(self._root, lists, articles), tuple(lists)

    def read_some(self, paths: Iterable[str]) -> bool:
        """Read the articles of these paths alone, as `read` does; False where it would find more than those."""
        for path in paths:
            section = self.links.named.get(section_key(path))
            if path == NAME:
                self._read_loose()
            elif section is None or section.name != path:
                return False
            else:
                self._read_section(section)
        return not (self.errors or self.notices)

    def read_new(self, known: Set[str]) -> bool:
        """Read the articles under watch but those of these paths, as `read` does; False where one cannot be read, or a
        section of links.txt that is not theirs may be of one of them."""
        self._read_watched(known)
        names = {section_key(path) for path in known if "://" in path}
        new = (self.articles[path] for path in self.articles.keys() - known)
        return not (self.errors or any(section_key(article.original_url or "") in names for article in new))

    @property
    def watches(self) -> tuple[str, ...]:
        """The `articles` lines that links.txt does not have yet."""
        return new_watches(self._watches, self.links)

    def matched(self) -> Iterator[MatchedSection]:
        """The articles with what their sections of links.txt say of them, one at a time."""
        for article in self.articles.values():
            section = self.links.section(article)
            yield MatchedSection(article, (), False) if section is None else match(section, article)

    @property
    def _root(self) -> Path:
        return self.path.parent

    def _take(
        self,
        path: str,
        data: bytes,
        kind: str | None = None,
        base_url: str | None = None,
        beside: Beside = nothing_beside,
    ) -> None:
        from linkarchive.article.document import read_document
        from linkarchive.article.formats.registry import format_of

        try:
            kind = kind or format_of(path, None, data)
            self._note(path, data)
            if self.files is not None:
                beside = self._noted(path, beside)
            self.articles[path] = read_document(data, kind, path=path, base_url=base_url, beside=beside)
            self.digests[path] = hashlib.sha256(data).hexdigest()
        except ArticleError as error:
            self.errors.append(str(error))
        except Exception as error:  # noqa: BLE001 - a fault of a parser costs its article, and no other
            words = f"{type(error).__name__}: {' '.join(str(error).split())}"
            self.errors.append(f"{path}: could not be read ({words[:300]}); please report it")

    def _note(self, path: str, data: bytes | None) -> None:
        if self.files is not None:
            self.files.note(path, data)

    def _noted(self, path: str, beside: Beside) -> Beside:
        """The same, and what it reads is noted."""

        def read(name: str) -> bytes | None:
            data = beside(name)
            self._note(posixpath.join(posixpath.dirname(path), name), data)
            return data

        return read

    def _read_named(self, names: Sequence[str], stdin: bytes, input_format: str | None) -> None:
        from linkarchive.links.inputs import Document, LeftOut, ListedArticle, ListingRead, documents

        listings = set()
        for document in documents(
            names, self._root, self.network, self.clock, stdin, input_format, fetch_listed=self.fetch_listed
        ):
            match document:
                case ArticleError():
                    self.errors.append(str(document))
                case LeftOut():
                    self.notices.append(document.sentence)
                case ListingRead():
                    listings.add(document.name)
                case ListedArticle():
                    self._take_listed(document.url)
                case Document():
                    self._take(document.path, document.data, document.format, document.base_url, document.beside)
        watches = (watch_of(name, self._root, name in listings) for name in names)
        self._watches += [watch for watch in watches if watch is not None]

    def _take_listed(self, url: str) -> None:
        """An article that is not fetched, as it is remembered; a new one cites nothing that is known yet."""
        past, section = self.remembered(url), self.links.named.get(section_key(url))
        entries = () if section is None else section.entries
        new = Article(url, url, url, None, citations_of(entries))
        self.articles[url] = new if past is None else _without_keys(past[0])
        self.not_fetched += 1

    def _read_watched(self, skipped: Container[str] = frozenset()) -> None:
        """The articles of the `articles` lines that are new or changed; those that are gone cite nothing more. Files of
        `skipped` paths are what they were. What cannot be read is told, and its known articles are remembered."""
        links = self.links
        if not links.watches:
            return
        from linkarchive.links.inputs import Document, FolderRead, LeftOut, ListedArticle, documents, is_folder

        patterns = [watch.pattern for watch in links.watches]
        if self.files is not None and not all(is_folder(pattern, self._root) for pattern in patterns):
            self.files.is_all = False
        try:
            for document in documents(
                patterns,
                self._root,
                self.network,
                self.clock,
                known=links.named.keys(),
                fetch_listed=self.fetch_listed,
                skipped=skipped,
            ):
                if isinstance(document, LeftOut):
                    self.notices.append(document.sentence)
                elif isinstance(document, FolderRead):
                    if self.files is not None:
                        self.files.note_folder(document.path, document.names)
                elif isinstance(document, Document):
                    if self._is_remembered(document.path, document.data):
                        self._note(document.path, document.data)
                    else:
                        self._take(document.path, document.data, document.format, document.base_url, document.beside)
                else:
                    if isinstance(document, ArticleError):
                        self.notices.append(str(document))
                    elif isinstance(document, ListedArticle):
                        self._take_listed(document.url)
                    if self.files is not None:
                        self.files.is_all = False
        except OfflineError as error:
            self.notices.append(str(error))
        for section in links.named.values():
            name = section.name
            is_gone = "://" not in name and not (self._root / name).exists()
            if is_gone and any(covers(watch, name) and is_there(watch, self._root) for watch in links.watches):
                self.articles[name] = Article(name, name, section.original, section.published, (), section.private)
                self._note(name, None)
                self.notices.append(
                    f"{name} is gone: what it cited is uncited now; take its section out of links.txt to end that"
                )

    def _is_remembered(self, path: str, data: bytes) -> bool:
        """links.txt has the article, and it is as it was read last."""
        if section_key(path) not in self.links.named:
            return False
        stored = self.remembered(path)
        return stored is not None and stored[1] == hashlib.sha256(data).hexdigest()

    def _read_known(self) -> None:
        """The articles of links.txt: files that changed are read again, the others remembered."""
        self._read_loose()
        for section in self.links.named.values():
            if section.name not in self.articles:
                self._read_section(section)

    def _sort(self) -> None:
        """The articles in the order of links.txt, whichever were read now; new ones last, as they will stand there."""
        places = {key: place for place, key in enumerate(self.links.named)}
        last = len(places)

        def place(path: str) -> int:
            return -1 if path == NAME else places.get(section_key(path), last)

        self.articles.put_in_order(sorted(self.articles, key=place))

    def _read_loose(self) -> None:
        if self.links.loose:
            self.articles[NAME] = Article(NAME, NAME, None, None, citations_of(self.links.loose))

    def _read_section(self, section: Section) -> None:
        name = section.name
        stored = self.remembered(name)
        path = self._root / name
        if not name.startswith(("http://", "https://")) and path.is_file():
            data = path.read_bytes()
            self._note(name, data)
            changed = stored is None or stored[1] != hashlib.sha256(data).hexdigest()
            if changed or may_take_references(data):
                from linkarchive.links.inputs import files_beside

                self._take(name, data, beside=files_beside(path.parent))
                return
        elif stored is None or stored[1] is None:
            if "://" not in name:
                self._note(name, None)
            original = section.original or (name if "://" in name else None)
            citations = citations_of(section.entries)
            self.articles[name] = Article(name, name, original, section.published, citations, section.private)
            return
        elif "://" not in name:
            self._note(name, None)
            self.notices.append(f"{name} is no longer there; its links are checked as links.txt lists them")
        if stored is not None:
            self.articles[name] = _without_keys(stored[0])


def citations_of(entries: Iterable[Entry]) -> tuple[Citation, ...]:
    """Lines of links.txt as citations of an article that does not have them, or cannot be read."""
    return tuple(
        Citation(
            entry.url,
            entry.text,
            entry.line,
            "",
            accessed=entry.accessed,
            quote=entry.quote,
            snapshot=entry.snapshot,
            note=entry.note,
        )
        for entry in entries
        if not entry.excluded
    )


def _without_keys(article: Article) -> Article:
    """The article as it was read, without the keys of links.txt: what a person takes out there does not live on."""
    return replace(article, private=False, citations=tuple(map(_as_written, article.citations)))


def _as_written(citation: Citation) -> Citation:
    own = citation.written
    if own is None:
        return citation
    return replace(citation, accessed=own.accessed, quote=own.quote, snapshot=own.snapshot, note=own.note, written=None)
