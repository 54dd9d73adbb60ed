"""Rules of a site, learnt from pairs: a rewrite made at random is learnt from three and right on the rest."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linkarchive.relocate.folder_rules import WholeFolder, rules_and_guesses
from linkarchive.relocate.rules import Example, features_of, learn

WORDS = [
    "harbour", "tide", "ledger", "lantern", "survey", "council", "ferry", "channel", "timber", "museum", "pilot",
    "orchard", "engine", "register",
]  # fmt: skip
SITE = "http://site.example"


def slug(dice: random.Random) -> list[str]:
    return dice.sample(WORDS, dice.randint(2, 5))


def rewritten(dice: random.Random) -> list[Example]:
    """Pairs of one rewrite: order of parts, separators, case, an added section, a dropped date, an extension."""
    old_joint, new_joint = dice.choice("-_."), dice.choice("-_")
    old_case, new_case = (dice.choice([str.lower, str.capitalize]) for _ in range(2))
    extension, new_extension = dice.choice(["", ".html", ".php"]), dice.choice(["", ".html", ".htm"])
    section = dice.choice([[], ["archive"], ["news", "stories"]])
    keeps_year, keeps_month, is_folder = dice.random() < 0.5, dice.random() < 0.5, dice.random() < 0.5
    year_first = dice.random() < 0.5
    examples = []
    for _ in range(12):
        words = slug(dice)
        year, month, number = dice.randint(1998, 2024), dice.randint(1, 12), dice.randint(100, 9999)
        old_name = old_joint.join(map(old_case, words)) + extension
        old = f"{SITE}/{year}/{month:02}/{number}/{old_name}"
        dates = [str(year)] * keeps_year + [f"{month:02}"] * (keeps_month and keeps_year)
        name = new_joint.join(map(new_case, words)) + ("" if is_folder else new_extension)
        parts = [*dates, *section, name] if year_first else [*section, *dates, name]
        examples.append(Example(old, f"{SITE}/{'/'.join(parts)}{'/' if is_folder else ''}"))
    return examples


@pytest.mark.long
@given(st.integers(0, 10**9))
def test_a_rewrite_is_learnt_from_three_pairs(seed: int) -> None:
    # Three pages whose words, years and months differ, as those of any three pages of a site do.
    examples = rewritten(random.Random(seed))
    known = examples[:1]
    for example in examples[1:]:
        pieces = [set(map(tuple, features_of(pair.old).values())) for pair in (*known, example)]
        if len(known) < 3 and len({pair.old.split("/")[3] for pair in (*known, example)}) == len(known) + 1:
            months = {pair.old.split("/")[4] for pair in (*known, example)}
            if len(months) == len(known) + 1 and pieces:
                known.append(example)
    if len(known) < 3:
        return
    rule = learn(known)[0]
    assert len(rule.examples) == 3
    for example in examples:
        assert rule.apply(example.old) == example.new


def test_a_title_makes_an_address() -> None:
    pairs = [
        Example(f"{SITE}/detail.php?id={number}", f"{SITE}/ausstellung/{slug}/", title)
        for number, title, slug in (
            (11, "Die Uhren der Müllerin", "die-uhren-der-muellerin"),
            (18, "Fäden und Fässer", "faeden-und-faesser"),
        )
    ]
    (rule,) = learn(pairs)
    assert rule.apply(f"{SITE}/detail.php?id=25", "Der grüne Ofen") == f"{SITE}/ausstellung/der-gruene-ofen/"
    assert rule.apply(f"{SITE}/detail.php?id=25") is None


@pytest.mark.parametrize(
    ("known", "old", "new"),
    [
        (["ferry-1.9", "tide_table-2.0", "pilot"], "/2019/survey-3.1_notes.html", "/posts/survey-3.1_notes/"),
        (["ferry1.9", "tide2.0", "survey-3"], "/2019/harbour.html", "/posts/harbour/"),
    ],
)
def test_a_name_keeps_separators_of_its_own(known: list[str], old: str, new: str) -> None:
    (rule,) = learn([Example(f"{SITE}/2019/{name}.html", f"{SITE}/posts/{name}/") for name in known])
    assert rule.apply(SITE + old) == SITE + new


def test_separators_are_dropped_and_accents_too() -> None:
    (rule,) = learn([Example(f"{SITE}/{old}", f"{SITE}/docs/{new}") for old, new in (("a-b", "ab"), ("x-y-z", "xyz"))])
    assert rule.apply(f"{SITE}/ferry-returns") == f"{SITE}/docs/ferryreturns"
    (rule,) = learn([Example(f"{SITE}/Été+{n}", f"{SITE}/docs/ete-{n}") for n in ("nuit", "jour")])
    assert rule.apply(f"{SITE}/D%C3%A9part+matin") == f"{SITE}/docs/depart-matin"


def test_names_that_can_be_taken_apart_in_countless_ways_are_learnt_from() -> None:
    old, new = "a/" * 20 + "-".join("a" * 40), "-".join("a" * 60) + "-b"
    (rule,) = learn([Example(f"{SITE}/{old}/{word}", f"{SITE}/{new}/{word}") for word in WORDS[:3]])
    assert rule.apply(f"{SITE}/{old}/pilot") == f"{SITE}/{new}/pilot"


def test_two_rewrites_of_a_site_are_two_rules() -> None:
    pairs = [Example(f"{SITE}/a/{word}.html", f"{SITE}/one/{word}") for word in WORDS[:3]]
    pairs += [Example(f"{SITE}/b/{word}.html", f"{SITE}/two/{word}") for word in WORDS[3:6]]
    rules = learn(pairs)
    assert {rule.apply(f"{SITE}/b/pilot.html") for rule in rules} == {f"{SITE}/one/pilot", f"{SITE}/two/pilot"}
    assert all(len(rule.examples) == 3 for rule in rules)


def test_a_rule_that_sends_all_pages_to_one_is_none() -> None:
    assert learn([Example(f"{SITE}/{word}", f"{SITE}/") for word in WORDS[:4]]) == []
    assert learn([Example(f"{SITE}/{word}", f"{SITE}/gone/page") for word in WORDS[:4]]) == []


def test_a_rule_is_about_addresses_of_the_form_of_its_examples() -> None:
    (rule,) = learn([Example(f"{SITE}/guide/{word}.html", f"{SITE}/docs/guide/{word}") for word in WORDS[:3]])
    assert rule.apply(f"{SITE}/guide/pilot.html") == f"{SITE}/docs/guide/pilot"
    assert rule.apply(f"{SITE}/guide/pilot/night.html") is None, "it would lose the last part"
    assert rule.apply(f"{SITE}/guide/pilot.html?page=2") is None
    assert rule.apply("http://other.example/guide/pilot.html") is None


def test_what_a_rule_says_is_guessed_for_a_folder_of_a_language_more_or_less() -> None:
    examples = [Example(f"{SITE}/es/a/{word}.html", f"{SITE}/es/b/{word}/") for word in WORDS[:3]]
    own, *_, more, less = rules_and_guesses(examples)
    assert own.apply(f"{SITE}/a/pilot.html") is None
    assert less.apply(f"{SITE}/a/pilot.html") == f"{SITE}/b/pilot/"
    assert more.apply(f"{SITE}/v2/es/a/pilot.html") == f"{SITE}/v2/es/b/pilot/"
    assert more.apply(f"{SITE}/pilot") is less.apply(f"{SITE}/es/a/pilot.html") is None
    assert len({rule.program for rule in (own, more, less)}) == 3, "what one does in vain is not held against another"
    assert len(more.examples) == len(less.examples) == 1


def test_what_stands_below_a_folder_is_guessed_to_have_moved_with_it() -> None:
    def guess(old: str, new: str, other: str) -> str | None:
        rules = rules_and_guesses([Example(SITE + old, f"http://new.example{new}")])
        (folder,) = [rule for rule in rules if isinstance(rule, WholeFolder)]
        assert folder.apply(f"http://other.example{other}") is None
        return folder.apply(SITE + other)

    assert guess("/basics/", "/concepts/", "/basics/lamps/oil.html") == "http://new.example/concepts/lamps/oil.html"
    assert guess("/a/x.html", "/b/c/x.html", "/a/q/r.html") == "http://new.example/b/c/q/r.html"
    assert guess("/x", "/docs/x", "/y/z") == "http://new.example/docs/y/z"
    assert (
        guess("/a/b/x", "/a/x", "/a/b")
        is guess("/a/b/x", "/a/x", "/c/d/e")
        is guess("/a/x", "/b/x", "/a/y?p=2")
        is None
    )


def test_rules_say_what_they_saw() -> None:
    pairs = [Example(f"{SITE}/2019/{word}.html", f"{SITE}/{word}/") for word in WORDS[:3]]
    assert learn(pairs)[0].in_words() == "the site's pages moved from /2019/harbour.html to /harbour/; 2 others did"
    pair = Example(f"{SITE}/harbour", "http://new.example/harbour")
    assert learn([pair])[0].in_words() == f"the site's pages moved from {pair.old} to {pair.new}"


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.text(max_size=30), st.text(max_size=20)), max_size=5))
def test_any_pairs_make_rules_or_none(pairs: list[tuple[str, str, str]]) -> None:
    examples = [Example(f"http://a.example/{old}", f"http://a.example/{new}", title) for old, new, title in pairs]
    rules = learn(examples)
    assert rules == learn(examples), "the same examples make the same rules"
    for rule in rules_and_guesses(examples):
        rule.apply("http://a.example/x/y.html", "A title")
        rule.apply("http://a.example/y.html")
    list(rules_and_guesses([Example(old, new, title) for old, new, title in pairs]))
