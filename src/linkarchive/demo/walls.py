"""What stands in the way of a page: challenges, logins, consent, parking pages, error pages. Written for the demo."""

from __future__ import annotations

from linkarchive.demo.wire import Response

_JUST_A_MOMENT = b"""<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>
<meta http-equiv="content-type" content="text/html; charset=UTF-8"><meta name="robots" content="noindex,nofollow">
<meta http-equiv="refresh" content="360"></head><body><div class="main-wrapper" role="main"><div class="main-content">
<noscript><div class="h2"><span id="challenge-error-text">Enable JavaScript and cookies to continue</span></div>
</noscript></div></div><script>(function(){window._cf_chl_opt = {cvId: '3', cZone: 'demo', cType: 'managed'};
var a = document.createElement('script'); a.src = '/cdn-cgi/challenge-platform/h/g/orchestrate/chl_page/v1';
document.getElementsByTagName('head')[0].appendChild(a);}());</script></body></html>"""

_BROWSER_CHECK = b"""<!DOCTYPE html><html><head><title>Checking your browser</title></head><body>
<h1>Checking your browser before you go on to lock-and-weir.example</h1>
<p>This takes about five seconds. Please allow JavaScript and cookies.</p><p>DDoS protection. Ray ID: 7c0ffee0c0ffee00
</p><form id="challenge-form" action="/?__cf_chl_f_tk=1" method="POST"><input type="hidden" name="jschl_vc"></form>
</body></html>"""


def challenge() -> Response:
    headers = (("cf-mitigated", "challenge"), ("Cache-Control", "private, no-store"), ("CF-RAY", "7c0ffee0c0ffee01"))
    return Response(_JUST_A_MOMENT, 403, "text/html; charset=UTF-8", headers)


def browser_check() -> Response:
    return Response(_BROWSER_CHECK, 503, "text/html; charset=UTF-8", (("CF-RAY", "7c0ffee0c0ffee00"),))


def login() -> Response:
    return Response(b"""<!DOCTYPE html><html lang="en"><head><title>Sign in - The Guild</title></head><body>
<header><a href="/">The Guild of Shipwrights</a></header><main><h1>Sign in</h1><p>Please sign in to continue.</p>
<form method="post" action="/login"><label>Member's number <input name="user" autocomplete="username"></label>
<label>Password <input type="password" name="password"></label><button>Sign in</button></form>
<p><a href="/forgot">Forgot your password?</a> <a href="/join">Become a member</a></p></main></body></html>""")


def consent(goes_on: str) -> Response:
    page = f"""<!DOCTYPE html><html lang="en"><head><title>Before you continue - The Capital Ledger</title></head><body>
<div class="consent-wall" role="dialog" aria-modal="true"><h1>Before you continue to The Capital Ledger</h1>
<p>We and our 312 partners store and access information on your device, such as cookies, to show personalised
advertising and to measure it. You can change your choice at any time.</p>
<form action="/agree" method="post"><input type="hidden" name="continue" value="{goes_on}">
<button name="all">Accept all</button><button name="none">Reject all</button><a href="/options">Manage options</a>
</form></div></body></html>"""
    return Response(page.encode())


def paywall(title: str, teaser: str) -> Response:
    page = f"""<!DOCTYPE html><html lang="en"><head><title>{title} - The Capital Ledger</title>
<script type="application/ld+json">{{"@context": "https://schema.org", "@type": "NewsArticle", "headline": "{title}",
"isAccessibleForFree": false, "hasPart": {{"@type": "WebPageElement", "isAccessibleForFree": false,
"cssSelector": ".paywall"}}}}</script></head><body><header><a href="/">The Capital Ledger</a>
<a href="/login">Log in</a> <a href="/subscribe">Subscribe</a></header><main><article><h1>{title}</h1>
<p>{teaser}</p><div class="paywall"><h2>Subscribe to continue reading</h2>
<p>This article is for subscribers only. Already a subscriber? <a href="/login">Log in</a>.</p>
<p>Try the Ledger for one crown a week. Cancel anytime.</p></div></article></main></body></html>"""
    return Response(page.encode())


def forbidden() -> Response:
    return Response(b"<html><head><title>403 Forbidden</title></head><body><h1>403 Forbidden</h1></body></html>", 403)


def too_many() -> Response:
    page = b"<html><head><title>Too many requests</title></head><body><h1>Too many requests</h1></body></html>"
    return Response(page, 429, headers=(("Retry-After", "3600"),))


def legal() -> Response:
    page = b"""<html><head><title>Unavailable For Legal Reasons</title></head><body>
<h1>Unavailable For Legal Reasons</h1><p>This document has been withdrawn under an order of the county court.</p>
</body></html>"""
    return Response(page, 451, headers=(("Link", '<https://court.example/>; rel="blocked-by"'),))


def shell() -> Response:
    return Response(b"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Tidal Models</title>
<link rel="stylesheet" href="/static/css/main.4c1d.css"></head><body>
<noscript>You need to enable JavaScript to run this app.</noscript><div id="root"></div>
<script src="/static/js/runtime.88ac.js"></script><script src="/static/js/main.b1f0.js"></script></body></html>""")


def maintenance() -> Response:
    page = b"""<html><head><title>503 Service Unavailable</title></head><body><h1>Service Unavailable</h1>
<p>The server is temporarily unable to service your request. Please try again later.</p></body></html>"""
    return Response(page, 503)


def parked(host: str) -> Response:
    page = f"""<!DOCTYPE html><html lang="en" data-adblockkey="MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANDrp2lz"><head>
<title>{host} is for sale</title><meta name="viewport" content="width=device-width">
<script src="https://www.google.com/adsense/domains/caf.js"></script></head><body>
<div class="lander"><h1>{host}</h1><p>This domain is for sale. <a href="https://buy.example/?d={host}">Buy this domain
</a></p><h2>Related searches</h2><ul><li><a href="/l?q=1">Bird Feeders</a></li><li><a href="/l?q=2">Binoculars</a></li>
<li><a href="/l?q=3">Seaside Holidays</a></li><li><a href="/l?q=4">Cheap Flights</a></li></ul>
<p>The sponsored listings displayed above are served automatically by a third party.</p></div>
<script>window.park = "eyJkb21haW4iOiJndWxsd2F0Y2gifQ==";</script></body></html>"""
    return Response(page.encode())
