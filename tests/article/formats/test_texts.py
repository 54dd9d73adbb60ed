"""LaTeX, reStructuredText, AsciiDoc, Org, wikitext, MDX, Quarto, notebooks, gemtext: links, lines, claims."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from linkarchive.model import Article, Place, Unit

Read = Callable[..., Article]


def rows(article: Article) -> list[tuple[int, str | None, str]]:
    return [(citation.line, citation.url, citation.text) for citation in article.citations]


def contexts(article: Article) -> dict[str | None, str]:
    return {citation.url: citation.context for citation in article.citations}


LATEX = r"""\documentclass[12pt]{scrartcl}
\usepackage[colorlinks=true]{hyperref}
\newcommand{\site}{https://macro.example}
\newcommand{\source}[2][source]{\href{#2}{#1}}
\title[Short]{The long\\ title of \emph{it}}
\date{March 4, 2021}
\begin{document}
\maketitle
It is in \href[pdfnewwindow=true]{https://one.example/a%20b\#top}{the \textbf{plan}}. % \url{https://comment.example/}
It costs 5\,\% more.\footnote{See \url{https://two.example/x%20y?a=1&b=2} (accessed 5 March 2024).} Nobody knows.
Then\footnotemark{} more.\footnotetext{\href{https://three.example/~anna/}{Anna}}
\begin{itemize}
\item First \href{\site/path}{macro link}, \source[here]{https://four.example/}
\item Second https://five.example/bare\_url, and so on. \nolinkurl{https://no.example/}
\end{itemize}
\iffalse \url{https://iffalse.example/} \fi
\verb|https://verb.example/| \lstinline{https://lst.example}
\begin{lstlisting}[language=Python]
get("https://listing.example")
\end{lstlisting}
Jump \hyperref[sec:x]{there}. \url|https://pipe.example/x|
\end{document}
\url{https://after.example/}
"""


def test_latex(read: Read) -> None:
    article = read("paper.tex", LATEX)
    assert (article.title, article.published) == ("The long title of it", date(2021, 3, 4))
    assert rows(article) == [
        (9, "https://one.example/a%20b#top", "the plan"),
        (10, "https://two.example/x%20y?a=1&b=2", "https://two.example/x%20y?a=1&b=2"),
        (11, "https://three.example/~anna/", "Anna"),
        (13, "https://macro.example/path", "macro link"),
        (13, "https://four.example/", "here"),
        (14, "https://five.example/bare_url", "https://five.example/bare_url"),
        (21, "https://pipe.example/x", "https://pipe.example/x"),
    ]
    note = article.citations[1]
    assert (note.context, note.accessed, note.place) == ("It costs 5% more.", date(2024, 3, 5), Place.NOTE)
    assert article.citations[2].context == "Then more."


def test_latex_takes_its_bibliography_from_the_file_beside_it(read: Read) -> None:
    text = r"""\begin{document}
The wall stands. It costs 41.6 million~\parencite[p.~4]{budget}. It fell~\cites{pier}[2]{map}.
\bibliography{refs}\end{document}"""
    bib = """@online{budget, title={Budget}, url={https://one.example/}, urldate={2024-03-05}}
@online{pier, title={Pier}, url={https://two.example/}} @online{map, title={Map}, url={https://three.example/}}
@online{other, title={Not cited}, url={https://other.example/}}"""
    article = read("paper.tex", text, refs_bib=bib)
    assert contexts(article) == {
        "https://one.example/": "It costs 41.6 million.",
        "https://two.example/": "It fell.",
        "https://three.example/": "It fell.",
    }
    assert article.citations[0].accessed == date(2024, 3, 5)
    assert {citation.line for citation in article.citations} == {2}  # of paper.tex, which cites them
    alone = read("paper.tex", text)
    assert alone.citations == ()
    assert any("refs.bib is not there" in remark for remark in alone.remarks)


def test_latex_that_expands_without_end_is_read_to_the_end(read: Read) -> None:
    commands = "".join(
        rf"\newcommand{{\m{a}}}{{{''.join([chr(92) + 'm' + b] * 10)}}}"
        for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    article = read("paper.tex", rf"{commands}\newcommand{{\mi}}{{x}} \ma \url{{https://one.example/}}")
    assert [citation.url for citation in article.citations] == ["https://one.example/"]


RST = """:Date: 2021-03-04

==================
The *wall* of all
==================

.. |plan| replace:: the `plan <https://sub.example/>`__
.. _anon target: https://one.example/
.. _indirect: `anon target`_

It is in `anon target`_ and indirect_. See |plan| and `text <indirect_>`_.
`Spread over
lines <https://two.example/long
path>`_ and :ref:`label <sec>`. www.three.example/x

.. figure:: a.png
   :target: https://fig.example/
   :alt: A figure

   Caption with `link <https://cap.example/>`_.

.. tabs::

   .. tab:: Name

      See `here <https://tab.example/>`__.

.. card:: A card
   :link: https://card.example/

+-----+-------------------------------+
| x   | `cell <https://cell.example>`_|
+-----+-------------------------------+

It costs 41.6 million [1]_. It fell [Cit2020]_. He said so. [#auto]_

.. [1] Council, https://note1.example/ (accessed 2024-03-05).
.. [Cit2020] A. Writer, `Book <https://book.example/>`_.
.. [#auto] Auto https://auto.example/

.. raw:: html

   <p>Raw <a href="https://raw.example/">x</a></p>

.. mermaid::

   click A "https://mermaid.example/"

>>> open("https://doctest.example/")

.. include:: /etc/passwd
"""


def test_restructuredtext(read: Read) -> None:
    article = read("page.rst", RST)
    assert (article.title, article.published) == ("The wall of all", date(2021, 3, 4))
    assert [(url, text) for _, url, text in rows(article)] == [
        ("https://one.example/", "anon target"),
        ("https://one.example/", "indirect"),
        ("https://sub.example/", "plan"),
        ("https://one.example/", "text"),
        ("https://two.example/longpath", "Spread over lines"),
        ("http://www.three.example/x", "www.three.example/x"),
        ("https://fig.example/", "A figure"),
        ("https://cap.example/", "link"),
        ("https://tab.example/", "here"),
        ("https://card.example/", "A card"),
        ("https://cell.example", "cell"),
        ("https://note1.example/", "https://note1.example/"),
        ("https://book.example/", "Book"),
        ("https://auto.example/", "https://auto.example/"),
        ("https://raw.example/", "x"),
    ]
    claims = contexts(article)
    assert "41.6 million" in claims["https://note1.example/"]
    assert claims["https://book.example/"].startswith("It fell")
    assert claims["https://auto.example/"].startswith("He said so")
    assert {line for line, url, _ in rows(article) if url == "https://two.example/longpath"} <= {11, 12, 13}


ASCIIDOC = """= The wall: a _story_
A. Writer <a@writer.example>
v1.0, 2021-03-04
:url-plan: https://attr.example/plan

See {url-plan}[the plan] and link:++https://plus.example/a_b__c++[it] or xref:other.adoc[that].
https://caret.example/[Text^], https://quoted.example/["A, b",role=x] and https://star.example/[*bold* text].
It costs 5.footnote:cost[Council, https://n1.example/[budget], accessed 5 March 2024.] Again.footnote:cost[]

[source,ruby]
----
x = "https://code.example/"
----

Term:: Definition https://def.example/[d].
* item https://li.example/[li]
** sub <https://sub.example/>
+
continued https://cont.example/[c]

 literal https://literal.example/

|===
|A |https://cell1.example/[c1]
|===

NOTE: See https://adm.example/[adm]. Not \\https://escaped.example/.

image::map.png[Map,link="https://img.example/"]

++++
<a href="https://raw.example/">raw</a>
++++

////
https://comment.example/
////
"""


def test_asciidoc(read: Read) -> None:
    article = read("page.adoc", ASCIIDOC)
    assert (article.title, article.published) == ("The wall: a story", date(2021, 3, 4))
    assert rows(article) == [
        (6, "https://attr.example/plan", "the plan"),
        (6, "https://plus.example/a_b__c", "it"),
        (7, "https://caret.example/", "Text"),
        (7, "https://quoted.example/", "A, b"),
        (7, "https://star.example/", "bold text"),
        (8, "https://n1.example/", "budget"),
        (8, "https://n1.example/", "budget"),
        (15, "https://def.example/", "d"),
        (16, "https://li.example/", "li"),
        (17, "https://sub.example/", "https://sub.example/"),
        (19, "https://cont.example/", "c"),
        (24, "https://cell1.example/", "c1"),
        (27, "https://adm.example/", "adm"),
        (29, "https://img.example/", "Map"),
        (32, "https://raw.example/", "raw"),
    ]
    notes = [citation for citation in article.citations if citation.place is Place.NOTE]
    assert [(note.context, note.accessed) for note in notes] == [
        ("It costs 5.", date(2024, 3, 5)),
        ("Again.", date(2024, 3, 5)),
    ]


ORG = """#+title: The wall
#+date: [2021-03-04 Thu]
#+LINK: gh https://github.example/%s
* TODO [#A] Heading [[https://head.example/][h]] :tag:
:PROPERTIES:
:ID: https://id.example/
:END:
See [[gh:foo/bar][repo]] and [[https://two.example/a%20b][/it/ *bold*]]. [[*Heading]] [[id:abc][x]]
It costs 41.6 million.[fn:1] Inline.[fn:: See https://inl.example/.] =https://verb.example/= ~https://code.example/~
| A | [[https://cell.example/][c]] |
- item :: def https://def.example/
#+BEGIN_QUOTE
"We never" [[https://quote.example/][q]]
#+END_QUOTE
#+begin_src sh
curl https://src.example/
#+end_src
** COMMENT Hidden
https://hidden.example/
** Visible
https://visible.example/

[fn:1] Council, https://fn.example/ accessed 5 March 2024.
"""


def test_org(read: Read) -> None:
    article = read("notes.org", ORG)
    assert (article.title, article.published) == ("The wall", date(2021, 3, 4))
    assert rows(article) == [
        (4, "https://head.example/", "h"),
        (8, "https://github.example/foo/bar", "repo"),
        (8, "https://two.example/a%20b", "it bold"),
        (9, "https://inl.example/", "https://inl.example/"),
        (10, "https://cell.example/", "c"),
        (11, "https://def.example/", "https://def.example/"),
        (13, "https://quote.example/", "q"),
        (21, "https://visible.example/", "https://visible.example/"),
        (23, "https://fn.example/", "https://fn.example/"),
    ]
    assert "41.6 million" in contexts(article)["https://fn.example/"]
    assert contexts(article)["https://inl.example/"].startswith("Inline. ")


WIKITEXT = """{{Infobox building|name=Wall|website={{URL|https://official.example/|Official}}}}
'''Wall''' fell.<ref name="a">{{cite book|last=Writer|title=Walls|url=https://a.example/
|archive-url=https://web.archive.org/web/2020/https://a.example/|access-date=5 March 2024}}</ref> It stood.<ref name=a/>
It costs.{{sfn|Smith|2001|p=4}} Other.{{efn|See https://efn.example/.}}
* List [https://li.example/ ''li''] https://bare.example/a_(b).
{|
|-
| cell || [https://cell.example/ c]
|}
[[File:x.png|thumb|Caption [https://cap.example/ cap]]] <code>https://code.example/</code>
* {{cite book |last=Smith |year=2001 |title=S |url=https://smith.example/}}
* {{Internetquelle |url=https://iq.example/ |titel=IQ |abruf=2024-03-06}}
* [https://dead.example/ d] {{webarchive|url=https://web.archive.org/web/2022/https://dead.example/}}
{{reflist|refs=<ref name="later">https://rl.example/</ref>}}
Used.<ref name="later" />
"""


def test_wikitext(read: Read) -> None:
    article = read("wall.wiki", WIKITEXT)
    assert rows(article) == [
        (1, "https://official.example/", "Official"),
        (2, "https://a.example/", "Walls"),
        (2, "https://a.example/", "Walls"),
        (4, "https://efn.example/", "https://efn.example/"),
        (5, "https://li.example/", "li"),
        (5, "https://bare.example/a_(b)", "https://bare.example/a_(b)"),
        (8, "https://cell.example/", "c"),
        (10, "https://cap.example/", "cap"),
        (11, "https://smith.example/", "S"),
        (12, "https://iq.example/", "IQ"),
        (13, "https://dead.example/", "d"),
        (14, "https://rl.example/", "https://rl.example/"),
    ]
    first, second = article.citations[1:3]
    assert (first.context, second.context) == ("Wall fell.", "It stood.")
    assert first.accessed == date(2024, 3, 5)
    assert first.snapshot == "https://web.archive.org/web/2020/https://a.example/"
    claims = contexts(article)
    assert (claims["https://smith.example/"], claims["https://rl.example/"]) == ("It costs.", "Used.")
    by_url = {citation.url: citation for citation in article.citations}
    assert by_url["https://iq.example/"].accessed == date(2024, 3, 6)
    assert by_url["https://dead.example/"].snapshot == "https://web.archive.org/web/2022/https://dead.example/"


def test_the_captions_of_a_gallery(read: Read) -> None:
    article = read("a.wiki", "<gallery>\nFile:a.jpg|See [https://one.example/ one]\nFile:b.jpg\n</gallery>\n")
    assert rows(article) == [(2, "https://one.example/", "one")]


def test_the_day_below_the_author_in_asciidoc(read: Read) -> None:
    assert read("a.adoc", "= Title\nA. Writer\n4 March 2021\n\nText.\n").published == date(2021, 3, 4)
    assert read("a.adoc", "= Title\nA. Writer\n1.0, 4 March 2021: first\n\nText.\n").published == date(2021, 3, 4)


def test_mdx(read: Read) -> None:
    text = """import {A} from 'https://imp.example/a.js'
export const meta = {
  url: 'https://exp.example/'
}

<Tabs items={['a', 'b']}>
    Inside [one](https://one.example/).
</Tabs>

<Button href="https://btn.example/">Click</Button> <Card to={"https://card.example/"} title="A card" />

{/* [x](https://com.example/) */} Text {props.url} `https://code.example/`
"""
    assert rows(read("post.mdx", text)) == [
        (7, "https://one.example/", "one"),
        (10, "https://btn.example/", "Click"),
        (10, "https://card.example/", "A card"),
    ]


@pytest.mark.parametrize("name", ["report.qmd", "report.Rmd", "report.md"])
def test_keys_of_a_bibliography_in_markdown(read: Read, name: str) -> None:
    text = (
        "---\ntitle: Q\nbibliography: refs.bib\n---\nIt costs 5 [see @budget, p. 4; -@map]. As @pier says. a@budget\n"
    )
    bib = "".join(
        f"@misc{{{key}, title={{{key}}}, url={{https://{key}.example/}}}}\n" for key in ("budget", "map", "pier")
    )
    claims = contexts(read(name, text, refs_bib=bib))
    assert set(claims) == {"https://budget.example/", "https://map.example/", "https://pier.example/"}
    assert claims["https://map.example/"].startswith("It costs 5")
    assert claims["https://pier.example/"].startswith("As @pier says")


def test_notebook(read: Read) -> None:
    cells = [
        {"cell_type": "raw", "source": "---\ntitle: Raw\ndate: 2021-03-04\n---"},
        {"cell_type": "markdown", "source": ["# H\n", "costs 5.[^1]\n", "\n", "[^1]: <https://one.example/>\n"]},
        {"cell_type": "code", "source": ["# https://code.example/"], "outputs": []},
        {"cell_type": "markdown", "source": "x.[^1]\n\n[^1]: [t](https://two.example/a\\_b) <https://bare.example/>"},
    ]
    article = read("a.ipynb", json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
    assert (article.title, article.published) == ("Raw", date(2021, 3, 4))
    assert rows(article) == [
        (2, "https://one.example/", "https://one.example/"),
        (4, "https://two.example/a_b", "t"),
        (4, "https://bare.example/", "https://bare.example/"),
    ]
    assert [citation.context for citation in article.citations] == ["costs 5.", "x.", "x."]
    assert {citation.unit for citation in article.citations} == {Unit.CELL}


def test_gemtext(read: Read) -> None:
    text = "# Title\n=>https://one.example/\n=> \thttps://two.example/\tTwo words\n```\n=> https://pre.example/\n```\n* https://bare.example/\n"
    article = read("page.gmi", text)
    assert article.title == "Title"
    assert rows(article) == [
        (2, "https://one.example/", "https://one.example/"),
        (3, "https://two.example/", "Two words"),
        (7, "https://bare.example/", "https://bare.example/"),
    ]
