"""Directives and roles that docutils does not know (Sphinx and its extensions have hundreds), taken by their look.

A directive's argument and content are text, unless its name says that it holds code; a role's text is text.
"""

from __future__ import annotations

import re
from typing import Any

_DIRECTIVE = re.compile(r"^\s*\.\.\s+(?:\|[^|\n]+\|\s+)?([A-Za-z][\w.:+-]*?)::(?:\s|$)", re.MULTILINE)
_ROLE = re.compile(
    r":([A-Za-z][\w.+-]{0,60}(?::[\w.+-]{1,60}){0,5}):`|`:([A-Za-z][\w.+-]{0,60}(?::[\w.+-]{1,60}){0,5}):"
)
_CODE = re.compile(
    r"(?:.*(?:code|prompt|ipython|doctest|graphviz|graph|mermaid|uml|plot|jupyter|command|output|literal|console|bash"
    r"|shell|math|latex|csv|json|yaml|http).*|test\w*|index|highlight|productionlist|tabularcolumns|toctree|autosummary"
    r"|auto\w+|include\w*|only-code|termynal|asciinema|tikz|raw\w+|contents|default-role|sectnum|title|meta)\Z",
    re.IGNORECASE,
)
_EXPLICIT = re.compile(r"(.+?)\s*<([^<>]+)>\Z", re.DOTALL)
_MOST = 500  # of a document: a hostile one does not fill the registry


def register(text: str) -> None:
    """Make the directives and roles of this text known to docutils."""
    from docutils.parsers.rst import directives, roles
    from docutils.parsers.rst.languages import en

    names = dict.fromkeys(match[1].lower() for match in _DIRECTIVE.finditer(text))
    for name in list(names)[:_MOST]:
        if name not in en.directives and name not in directives._directives:
            directives.register_directive(name, _directive(is_code=_CODE.match(name.rpartition(":")[2]) is not None))
    names = dict.fromkeys((match[1] or match[2]).lower() for match in _ROLE.finditer(text))
    for name in list(names)[:_MOST]:
        if name not in en.roles and name not in roles._roles:
            roles.register_local_role(name, _role)


def _directive(*, is_code: bool) -> Any:
    from docutils import nodes
    from docutils.parsers.rst import Directive
    from docutils.parsers.rst.directives import unchanged

    class AnyOption(dict[str, Any]):
        def __missing__(self, name: str) -> Any:
            return unchanged

    class Unknown(Directive):  # type: ignore[misc] # docutils comes without types: its classes are Any
        optional_arguments = 1
        final_argument_whitespace = True
        has_content = True
        option_spec = AnyOption(name=unchanged)

        def run(self) -> list[Any]:
            if is_code:
                return []
            elements: list[Any] = []
            if self.arguments:
                children, messages = self.state.inline_text(self.arguments[0], self.lineno)
                paragraph = nodes.paragraph(self.arguments[0], "", *children)
                paragraph.line = self.lineno
                elements += [paragraph, *messages]
            for name in ("link", "url", "target", "href"):
                target = self.options.get(name) or ""
                if "://" in target:
                    shown = self.arguments[0] if self.arguments else target
                    paragraph = nodes.paragraph("", "", nodes.reference("`", shown, refuri=target.strip()))
                    paragraph.line = self.lineno
                    elements.append(paragraph)
            content = nodes.container()
            self.state.nested_parse(self.content, self.content_offset, content)
            return [*elements, *content.children]

    return Unknown


def _role(name: str, rawtext: str, text: str, lineno: int, inliner: Any, options: Any = None, content: Any = ()) -> Any:
    """The words of an unknown role; with a web address in angle brackets, a link."""
    from docutils import nodes, utils

    text = utils.unescape(text)
    match = _EXPLICIT.match(text)
    if match and "://" in match[2]:
        return [nodes.reference(rawtext, match[1], refuri=match[2].strip())], []
    return [nodes.inline(rawtext, match[1] if match else text)], []
