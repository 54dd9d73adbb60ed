"""Drawings within a page (inline SVG): what of them is shown in a copy that loads nothing, and what they refer to.

libxml2 reads names of elements and attributes in lower case; a browser that reads the copy gives them their case back
(HTML Living Standard §13.2.6.1).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from lxml import html

_SHAPES = """
svg g path rect circle ellipse line polyline polygon text tspan textpath defs symbol use image stop lineargradient
radialgradient pattern clippath mask marker switch title desc filter feblend fecolormatrix fecomponenttransfer fefunca
fefuncb fefuncg fefuncr fecomposite feconvolvematrix fediffuselighting fedisplacementmap fedistantlight fedropshadow
feflood fegaussianblur feimage femerge femergenode femorphology feoffset fepointlight fespecularlighting fespotlight
fetile feturbulence
"""
ELEMENTS = frozenset(_SHAPES.split())
_NAMES = """
viewbox preserveaspectratio x y x1 y1 x2 y2 cx cy r rx ry fx fy d points transform width height fill fill-opacity
fill-rule stroke stroke-width stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset
stroke-opacity opacity clip-path clip-rule mask filter offset stop-color stop-opacity gradientunits
gradienttransform spreadmethod patternunits patterncontentunits patterntransform clippathunits maskunits
maskcontentunits markerwidth markerheight markerunits marker-start marker-mid marker-end refx refy orient
text-anchor dominant-baseline alignment-baseline font-family font-size font-weight font-style letter-spacing dx dy
rotate textlength lengthadjust startoffset pathlength vector-effect paint-order display visibility overflow in in2
result filterunits primitiveunits stddeviation flood-color flood-opacity mode operator values k1 k2 k3 k4 radius
color-interpolation-filters tablevalues slope intercept amplitude exponent basefrequency numoctaves seed stitchtiles
scale xchannelselector ychannelselector order kernelmatrix divisor bias targetx targety edgemode preservealpha
surfacescale diffuseconstant specularconstant specularexponent lighting-color azimuth elevation z pointsatx pointsaty
pointsatz limitingconeangle
"""
ATTRIBUTES = frozenset(_NAMES.split())
"""What may be said of a shape: nothing of it acts, and `tidy` leaves nothing that loads."""
ACTING = frozenset({"foreignobject", "animate", "animatetransform", "animatemotion", "set", "discard", "handler"})
"""Elements that hold other languages, or change others."""
REFERRING = frozenset({"use", "lineargradient", "radialgradient", "pattern", "textpath", "filter"})
"""Elements that take something from another place of the drawing, named by `href`."""
PICTURES = frozenset({"image", "feimage"})

_OF_THIS_PAGE = re.compile(r"\s*url\(\s*[\"']?#[^)\s\"'\\]*[\"']?\s*\)[^():\\]*", re.I)
_FUNCTION = re.compile(r"url|image|src|\\|:", re.I)
_MOST_SYMBOLS = 2000
_LARGEST_SYMBOLS = 8 * 1024 * 1024
"""Characters of all that is put into a page from other files; what comes after is left out."""


def reference(element: Any) -> str:
    """The address that an element refers to, "" without one; its attributes of that are removed."""
    values = [element.attrib.pop(name, None) for name in ("href", "xlink:href", "src")]
    return (values[0] or values[1] or "").strip()


def tidy(tree: Any) -> None:
    """Take out what attributes of shapes would load."""
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        for name, value in element.items():
            if name in ATTRIBUTES and _FUNCTION.search(value) and not _OF_THIS_PAGE.fullmatch(value):
                del element.attrib[name]


def bring_symbols(tree: Any, read: Callable[[str], Any]) -> None:
    """Put what `use` takes from other files into the page; `read` gives the tree of the file of an address, or None. An
    address with a fragment becomes that fragment, as far as the file has something of that name."""
    body = tree.find("body")
    if body is None:
        return
    files: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = {}
    room = _LARGEST_SYMBOLS
    for use in [use for use in tree.iter("use") if is_within(use)][:_MOST_SYMBOLS]:
        address = (use.get("href") or use.get("xlink:href") or "").strip()
        file, _, name = address.partition("#")
        if not file or not name:
            continue
        if address not in names:
            if file not in files:
                files[file] = _by_id(read(file))
            symbol = files[file].get(name)
            if symbol is None:
                continue
            room -= len(html.tostring(symbol, encoding="unicode"))
            if room < 0:
                return
            names[address] = f"stored-{len(names)}-{name}"
            body.append(_hidden(symbol, names[address]))
        use.attrib.pop("xlink:href", None)
        use.set("href", f"#{names[address]}")


def is_within(element: Any) -> bool:
    """The element is part of a drawing."""
    return any(True for _ in element.iterancestors("svg"))


def _by_id(tree: Any) -> dict[str, Any]:
    """The elements of a tree that have an id, the first of each; none of no tree."""
    elements: dict[str, Any] = {}
    for element in tree.iter() if tree is not None else ():
        if isinstance(element.tag, str) and element.get("id"):
            elements.setdefault(element.get("id"), element)
    return elements


def _hidden(symbol: Any, name: str) -> Any:
    """A drawing of no size that holds a copy of an element under another name."""
    drawing = html.Element("svg", width="0", height="0", style="position:absolute")
    clone = copy.deepcopy(symbol)
    clone.set("id", name)
    clone.tail = None
    drawing.append(clone)
    return drawing
