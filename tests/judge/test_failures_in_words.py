from __future__ import annotations

import pytest

from linkarchive.judge.verdict import judge
from linkarchive.model import Case, Failure, Page, Reason

URL = "https://old-seal.example/deed"


@pytest.mark.parametrize(
    ("reason", "detail", "sentence"),
    [
        ("tls", "SSL certificate OpenSSL verify result: certificate has expired (10)",
         "no secure connection could be made: the server's certificate has expired"),
        ("tls", "SSL certificate OpenSSL verify result: self-signed certificate (18)",
         "no secure connection could be made: the server's certificate is signed by the server itself, by nobody we "
         "trust"),
        ("tls", "SSL certificate OpenSSL verify result: unable to get local issuer certificate (20)",
         "no secure connection could be made: the server does not send its intermediate certificate, or nobody we"
         " trust signed it"),
        ("tls", "SSL: no alternative certificate subject name matches target host name 'old-seal.example'",
         "no secure connection could be made: the server's certificate is for another host name"),
        ("tls", "TLS connect error: wrong version number",
         "no secure connection could be made (TLS connect error: wrong version number)"),
        ("timeout", "no connection within the time limit", "no connection within the time limit"),
        ("timeout", "", "there was no answer in time"),
        ("refused", "the connection was refused", "the connection was refused"),
        ("reset", "the connection was reset", "the connection was reset"),
        ("dns", "the resolver did not answer in time", "the resolver did not answer in time"),
        ("redirect-loop", "more than 20 redirects", "the page redirects in a circle (more than 20 redirects)"),
        ("protocol", "the answer is not readable HTTP: bad chunk", "the answer is not readable HTTP: bad chunk"),
        ("robots", "", "the site's robots.txt asks us not to visit this address"),
    ],
)  # fmt: skip
def test_a_failure_is_told_in_one_sentence(reason, detail, sentence):
    failed = judge(Case("x", URL, Page(URL, None, failure=Failure(Reason(reason), detail, URL))))
    assert failed.evidence == (sentence,)
    # What is told can stand for what happened: the same verdict, in the same words.
    again = judge(Case("x", URL, Page(URL, None, failure=Failure(Reason(reason), sentence, URL))))
    assert again == failed


def test_a_name_that_does_not_exist_is_named():
    page = Page(URL, None, failure=Failure(Reason.DNS, "no such host name", URL, no_such_name=True))
    judgement = judge(Case("x", URL, page))
    assert (judgement.verdict, judgement.reason) == ("dead", "dns")
    assert judgement.evidence == ("the host name old-seal.example does not exist (any more)",)
