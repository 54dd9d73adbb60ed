"""The kept plan after edits is what it would be if it were made anew, and of what has not changed nothing is read."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from linkarchive.check.articles import Articles, keep_plan, load, with_new_saved
from linkarchive.check.plan import Policy, plan
from linkarchive.clock import Clock
from linkarchive.links import files_read, reading
from linkarchive.model import Scope
from linkarchive.project import Project
from linkarchive.settings import Settings
from linkarchive.store import plans, runs
from linkarchive.store.database import Store
from linkarchive.store.opening import open_project

HOSTS = ("alpha", "beta", "gamma", "delta", "epsilon")
SECONDS = count()


@dataclass
class Plans:
    """A folder whose plan is made as a run makes it, without visits."""

    root: Path

    def text(self, name: str) -> str:
        path = self.root / name
        return path.read_text() if path.exists() else ""

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(text)

    def make(self, *, anew: bool = False) -> tuple[Any, ...]:
        """All that the plan tells after a run; `anew`: of a run that has none."""
        project, settings, clock = Project(self.root), Settings(), Clock()
        with open_project(project, write=True) as store:
            if anew:
                plans.drop(store)
            articles = load(project, store, Scope(due=True), settings, clock)
            now = clock.now() + timedelta(seconds=next(SECONDS))  # the names of runs of one second may be the same
            run = runs.start(store, now, "", simulated=False)
            if articles.new and not articles.losing:
                articles = with_new_saved(project, store, run.seq, articles)
            jobs = plan(articles, store, Policy(settings, ()), is_of_links=True)
            keep_plan(store, run.seq, articles, settings)
            runs.finish(store, run.seq, now)
            store.commit()
            cited = [(job.source.url, job.skip, job.citations) for job in jobs]
            own = [is_own for _, is_own in jobs.bare()]
            return cited, own, _told(articles, store)

    def copy(self) -> Plans:
        other = self.root.with_name("other")
        shutil.rmtree(other, ignore_errors=True)
        shutil.copytree(self.root, other)
        return Plans(other)


def _told(articles: Articles, store: Store) -> tuple[Any, ...]:
    parts = articles.plan or articles
    lists = (sorted(articles.excluded), articles.malformed, articles.notices)
    return lists, sorted(parts.uncited), sorted(parts.remarks)


@pytest.fixture
def folder(tmp_path: Path) -> Plans:
    made = Plans(tmp_path / "project")
    made.root.mkdir()
    for name, hosts in (("one", HOSTS[:3]), ("two", HOSTS[1:4]), ("three", ())):
        links = "".join(f"It was [said]({url(host)}) so.\n\n" for host in hosts)
        made.write(f"posts/{name}.md", f"---\ndate: 2021-03-0{len(name)}\n---\n# {name}\n\n{links}")
    made.write("links.txt", "articles posts\n")
    return made


def url(host: str, page: int = 0) -> str:
    return f"https://{host}.example/page-{page}"


def article(dice: random.Random) -> str:
    return f"posts/{dice.choice(('one', 'two', 'three'))}.md"


def add_link(folder: Plans, dice: random.Random) -> None:
    name, target = article(dice), url(dice.choice(HOSTS), dice.randrange(3))
    folder.write(name, f"{folder.text(name)}And [again]({target}) {dice.random()}.\n\n")


def remove_link(folder: Plans, dice: random.Random) -> None:
    name = article(dice)
    lines = folder.text(name).splitlines(keepends=True)
    links = [number for number, line in enumerate(lines) if "](" in line]
    if links:
        del lines[dice.choice(links)]
    folder.write(name, "".join(lines))


def move_link(folder: Plans, dice: random.Random) -> None:
    name = article(dice)
    folder.write(name, folder.text(name).replace(dice.choice(HOSTS), dice.choice(HOSTS)))


def date_article(folder: Plans, dice: random.Random) -> None:
    name = article(dice)
    folder.write(name, folder.text(name).replace("date: 2021", f"date: {dice.choice((2020, 2021, 2022))}"))


def add_article(folder: Plans, dice: random.Random) -> None:
    heads = ("", "", "---\ncanonical_url: https://my.example/page\n---\n", "---\nbibliography: refs.bib\n---\n")
    links = (f"[new]({url(dice.choice(HOSTS), 7)})", f"[new]({url(dice.choice(HOSTS), 1)})", "new", "[lost]()", "[@a]")
    name = dice.choice(("a", "b", "c", "z", "sub/d", "sub/e", "deep/er/f", "../more/g", "../more/h"))
    folder.write(f"posts/{name}.md", f"{dice.choice(heads)}# New\n\nIt is {dice.choice(links)}.\n")


def add_file(folder: Plans, dice: random.Random) -> None:
    """A file that is no article, or matters to others."""
    name = dice.choice(("posts/refs.bib", "posts/a.png", "posts/.gitignore", "posts/sub/b.svg", ".gitignore", "c.md"))
    references = f"@misc{{a, url={{{url(dice.choice(HOSTS), 8)}}}, title={{Of the harbour}}}}\n"
    folder.write(
        name, {"bib": references, ".md": url("beta"), "ore": dice.choice(("z.md\n", "sub/\n"))}.get(name[-3:], "")
    )


def article_of_page(folder: Plans, dice: random.Random) -> None:
    folder.write("links.txt", f"{folder.text('links.txt')}\n[https://my.example/page]\n{url('alpha', 6)}  said\n")


def remove_article(folder: Plans, dice: random.Random) -> None:
    (folder.root / f"posts/{dice.choice(('a', 'b', 'c', 'z', 'sub/d'))}.md").unlink(missing_ok=True)


def insert_line(*candidates: str) -> Callable[[Plans, random.Random], None]:
    """An edit of links.txt by hand: one of these lines, behind a line of a link or at the end."""

    def edit(folder: Plans, dice: random.Random) -> None:
        lines = folder.text("links.txt").splitlines(keepends=True)
        links = [number for number, line in enumerate(lines, 1) if line.startswith("https:")]
        lines.insert(dice.choice([*links, len(lines)]), dice.choice(candidates))
        folder.write("links.txt", "".join(lines))

    return edit


def remove_line(folder: Plans, dice: random.Random) -> None:
    lines = folder.text("links.txt").splitlines(keepends=True)
    links = [number for number, line in enumerate(lines) if line.startswith(("https:", "!", "    "))]
    if links:
        del lines[dice.choice(links)]
    folder.write("links.txt", "".join(lines))


def add_loose(folder: Plans, dice: random.Random) -> None:
    folder.write("links.txt", f"{url(dice.choice(HOSTS), 5)}  loose\n{folder.text('links.txt')}")


def nothing(folder: Plans, dice: random.Random) -> None:
    """A run after which nothing has changed."""


EDITS = (
    add_link, add_link, remove_link, move_link, date_article, remove_article, remove_line, add_loose, add_article,
    add_article, add_article, add_file, article_of_page,
    insert_line("    accessed = 2021-05-12\n", "    note = careful\n", "    quote = words of it\n"),
    insert_line("articles more\n", "articles more\n", "[posts/one.md]\n"),
    insert_line(f"! {url('beta')}\n", f"{url('delta', 4)}  by hand\n", "what is this\n", "\n", "# a remark\n"),
    nothing,
)  # fmt: skip


def edits(seed: int) -> Iterator[tuple[Callable[[Plans, random.Random], None], random.Random]]:
    dice = random.Random(seed)
    for _ in range(12):
        yield dice.choice(EDITS), dice


@pytest.mark.parametrize("seed", range(12))
def test_the_plan_after_edits_is_the_one_made_anew(folder: Plans, seed: int) -> None:
    folder.make()
    for edit, dice in edits(seed):
        edit(folder, dice)
        folder.make()
        other = folder.copy()
        assert folder.make() == other.make(anew=True), edit
        assert folder.text("links.txt") == other.text("links.txt")


def test_an_edited_article_is_all_that_is_read(folder: Plans) -> None:
    folder.make()
    folder.write("posts/one.md", folder.text("posts/one.md").replace(url("alpha"), url("beta")))
    with (
        mock.patch.object(reading, "link_lists", side_effect=reading.link_lists) as lists,
        mock.patch.object(plans, "write", side_effect=plans.write) as write,
        mock.patch.object(
            reading.ArticleReader, "_take", autospec=True, side_effect=reading.ArticleReader._take
        ) as take,
    ):
        cited, _, _ = folder.make()
        assert [call.args[1] for call in take.call_args_list] == ["posts/one.md"]
        assert not lists.call_count
        assert not write.call_count
    assert [link.article for link in {source: links for source, _, links in cited}[url("beta")]] == [
        "posts/one.md", "posts/one.md", "posts/two.md",
    ]  # fmt: skip


def test_a_new_article_is_all_that_is_read(folder: Plans) -> None:
    folder.make()
    folder.make()
    folder.write("posts/sub/new.md", f"# New\n\nIt was [said]({url('alpha')}) and [not]({url('zeta')}).\n")
    with (
        mock.patch.object(plans, "rewrite", side_effect=plans.rewrite) as rewrite,
        mock.patch.object(plans, "write", side_effect=plans.write) as write,
        mock.patch.object(
            reading.ArticleReader, "_take", autospec=True, side_effect=reading.ArticleReader._take
        ) as take,
    ):
        cited, _, _ = folder.make()
        assert [call.args[1] for call in take.call_args_list] == ["posts/sub/new.md"]
        assert [len(call.args[1]) for call in rewrite.call_args_list] == [1]
        assert not write.call_count
    assert "[posts/sub/new.md]" in folder.text("links.txt")
    by_source = {source: [link.article for link in links] for source, _, links in cited}
    assert by_source[url("alpha")] == ["posts/one.md", "posts/sub/new.md"]
    assert by_source[url("zeta")] == ["posts/sub/new.md"]
    with mock.patch.object(reading.ArticleReader, "_take") as take:
        assert folder.make()[0] == cited
        assert not take.call_count


def test_a_line_by_hand_plans_only_its_article(folder: Plans) -> None:
    folder.make()
    folder.make()
    folder.write("links.txt", folder.text("links.txt").replace("[posts/two.md]", "[posts/two.md]\nprivate = true"))
    with mock.patch.object(plans, "rewrite", side_effect=plans.rewrite) as rewrite:
        cited, _, _ = folder.make()
    assert len(rewrite.call_args.args[1]) == 1
    assert {link.article for _, _, links in cited for link in links if link.private} == {"posts/two.md"}


def test_files_are_told_by_their_times_once_these_can_be_relied_on(folder: Plans) -> None:
    folder.make()
    with mock.patch.object(files_read, "_SETTLED", 0):
        folder.make()
    with mock.patch.object(files_read, "_digest", return_value=None) as digest:
        folder.make()
    assert not [call.args[0] for call in digest.call_args_list if call.args[0].exists()]


def by_another_name(folder: Plans) -> None:
    """An article under watch has its section by the address of its original page, as that page itself has."""
    head = "canonical_url: https://my.example/two\n---\n# two"
    folder.write("posts/two.md", folder.text("posts/two.md").replace("---\n# two", head))
    lines = "".join(f"{url(host)}  said\n" for host in HOSTS[1:4])
    folder.write("links.txt", f"articles posts\n\n[https://my.example/two]\n{lines}")


def date_by_hand(folder: Plans) -> None:
    line = f"{url('beta')}  said\n"
    folder.write("links.txt", folder.text("links.txt").replace(line, f"{line}    accessed = 2020-01-01\n", 1))


def with_references(folder: Plans) -> None:
    """A list of references lies under watch, and is an article itself."""
    folder.write("posts/two.md", "---\nbibliography: refs.bib\n---\n# two\n\nAs [@a] says.\n")
    folder.write("posts/refs.bib", "@misc{a, url={https://refs.example/a}, title={Of the harbour}}\n")


def edit_references(folder: Plans) -> None:
    folder.write("posts/refs.bib", folder.text("posts/refs.bib").replace("example/a", "example/b"))


def with_list_under_watch(folder: Plans) -> None:
    """A file of links lies under watch, and is an article itself."""
    folder.write("posts/more.txt", f"{url('epsilon')}  a\n")
    folder.write("links.txt", f"include posts/more.txt\n{folder.text('links.txt')}")


def edit_list(folder: Plans) -> None:
    folder.write("posts/more.txt", f"{folder.text('posts/more.txt')}\n{url('epsilon', 2)}  b\n")


def without_article(folder: Plans) -> None:
    """An article that is listed, and not under watch, is gone."""
    folder.write("links.txt", folder.text("links.txt").replace("articles posts\n", ""))
    (folder.root / "posts" / "two.md").unlink()


def link_to_nothing(folder: Plans) -> None:
    (folder.root / "posts" / "linked.md").symlink_to("../real.md")


def what_it_links_to(folder: Plans) -> None:
    folder.write("real.md", f"# Real\n\nIt was [said]({url('epsilon')}) so.\n")


def watch_below(folder: Plans) -> None:
    """The line of a folder stands behind sections."""
    folder.write("links.txt", f"{folder.text('links.txt')}\narticles more\n")
    folder.write("more/four.md", f"# four\n\nIt was [said]({url('beta')}) so.\n")


def article_there(folder: Plans) -> None:
    folder.write("more/five.md", f"# five\n\nIt was [said]({url('gamma')}) so.\n")


def article_again(folder: Plans) -> None:
    folder.write("posts/two.md", f"# two\n\nIt was [said]({url('beta')}) so.\n")


@pytest.mark.parametrize(
    ("begin", "edit"),
    [
        (by_another_name, date_by_hand), (with_references, edit_references), (with_list_under_watch, edit_list),
        (without_article, article_again), (link_to_nothing, what_it_links_to),
        (watch_below, article_there),
    ],
)  # fmt: skip
def test_the_plan_after_an_edit_of_what_others_depend_on_is_the_one_made_anew(
    folder: Plans, begin: Callable[[Plans], None], edit: Callable[[Plans], None]
) -> None:
    folder.make()
    begin(folder)
    for _ in range(3):
        folder.make()
    edit(folder)
    other = folder.copy()
    assert folder.make() == other.make(anew=True)


def test_a_plan_that_could_not_be_kept_is_not_taken_for_the_one_before_it(folder: Plans) -> None:
    folder.make()
    folder.write("posts/two.md", folder.text("posts/two.md").replace(url("delta"), url("epsilon")))
    for _ in range(3):
        folder.make()
    before = folder.text("links.txt")
    assert before.index(url("gamma")) < before.index(url("delta"))  # the latter has left, and is told by its line
    line = next(line for line in before.splitlines(keepends=True) if line.startswith(url("gamma")))
    folder.write("links.txt", before.replace(line, "", 1))
    folder.make()
    assert folder.text("links.txt") == before
    other = folder.copy()
    assert folder.make() == other.make(anew=True)
