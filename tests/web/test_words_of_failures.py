"""What libcurl quotes of an answer is text, whatever bytes came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from linkarchive.demo.wire import Request, Stream

URL = "http://alpha.example/page"


def _coding(_: Request) -> Stream:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunk\xacd\r\n\r\nhello"

    return Stream(chunks)


def test_a_transfer_coding_that_is_no_text_is_judged(folder: Any, stage: Any) -> None:
    stage[URL] = _coding
    folder.article(URL)
    ran = folder.check("article.md")
    assert ran.code in (0, 1)
    assert ran.json["run"]["complete"]
    assert ran.source(URL)["verdict"] != "dead"
