"""Parts of a URL that say nothing about the page: what counts visitors, and what a server adds for one request."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from linkarchive.urls import path_of, same_page

# Names that count visitors, and say nothing about the page.
_TRACKING = r"(?i)(?:utm_\w*|fbclid)"
# What servers add for one visitor: sessions, cookie tests, click identifiers … These patterns are compiled when they
# are first used: many runs do without them.
_SESSION = (
    r"(?i)j?session_?(?:id)?|php_?sess_?id|asp\.?net_sessionid|aspsessionid\w*|cfid|cftoken|sid|s_id|zenid|oscsid"
    r"|(?:set_?|no_?)?cookies?_?(?:set|test|check|enabled|support\w*)?|(?:gcl|dcl|mscl|ycl|twcl|ttcl|igsh)(?:src|id)"
    r"|[gw]braid|_hs(?:enc|mi)|_g[al]|mc_[ce]id|mkt_tok|visit(?:or)?_?id|nonce|csrf\w*|__cf_chl_\w*"
)
# … and what it says about him: his language, his consent, that he was sent on already.
_PREFERENCE = (
    r"(?i)(?:ui_?|set_?)?(?:lang|language|locale|hl)|country|region|currency|consent\w*|gdpr\w*|redirect(?:ed|_?count)?"
    r"|_?rdr?|no_?redirect|ref|ref_?src|referr?er|src|source|_?ts|timestamp|rand|cb|autologin|login|gateway"
)
_DRAWN = r"(?=.*\d)[\w.%~-]{16,}"
_FLAG = r"(?i)|[01]|true|false|yes|no|on|off"
_LOCALE = r"(?i)/[a-z]{2}(?:[-_][a-z]{2})?(?=/|$)"
# Java's form, and that of ASP.NET without cookies: `/(S(lit3py55t21z5v55))/notes`.
_PATH_SESSION = r"(?i);(?:j?sessionid|phpsessid|sid)=[^/;?#]*|/\((?:[AFSX]\([\w-]+\))+\)(?=/)"


def without_tracking(url: str) -> str:
    """Without `utm_…` and `fbclid`: they say where a reader came from, and not which page."""
    return _without_parameters(url, _TRACKING) if "utm_" in url or "fbclid" in url else url


def without_session(url: str) -> str:
    """Without what a server added for one request: session ids in path or query, cookie tests, click identifiers."""
    address, mark, fragment = url.partition("#")
    address = _without_parameters(re.sub(_PATH_SESSION, "", address), _SESSION)
    return _without_parameters(address, _TRACKING) + mark + fragment


def is_request_bound(asked: str, answer: str) -> bool:
    """A redirect that only added what belongs to the request, and will be another one next time: no new address.

    Sessions, cookie tests, tracking; on the same path also a language, a flag or a token; a language before the path.
    """
    asked, answer = without_session(asked), without_session(answer)
    if same_page(asked, answer):
        return True
    path, _, query = answer.partition("#")[0].partition("?")
    asked_path, _, asked_query = asked.partition("#")[0].partition("?")
    added = query.split("&") if query else []
    for part in asked_query.split("&") if asked_query else ():
        if part not in added:
            return False
        added.remove(part)
    if not all(_is_of_request(*part.partition("=")[::2]) for part in added):
        return False
    return same_page(asked_path, path) or same_page(asked_path, _without_locale(path))


def _is_of_request(name: str, value: str) -> bool:
    return bool(
        re.fullmatch(_PREFERENCE, unquote_plus(name)) or re.fullmatch(_DRAWN, value) or re.fullmatch(_FLAG, value)
    )


def _without_locale(url: str) -> str:
    """`/notes` of `/en-gb/notes`."""
    path = path_of(url)
    start = url.find(path, url.find("://") + 3) if path else -1
    return (
        url[:start] + (re.sub(_LOCALE, "", path, count=1) if re.match(_LOCALE, path) else path) if start >= 0 else url
    )


def _without_parameters(url: str, names: str) -> str:
    address, mark, fragment = url.partition("#")
    path, asked, query = address.partition("?")
    kept = [part for part in query.split("&") if not re.fullmatch(names, unquote_plus(part.partition("=")[0]))]
    if len(kept) == query.count("&") + 1:
        return url
    return path + (asked + "&".join(kept) if any(kept) else "") + mark + fragment
