"""What an interrupted run left half written is made whole again, before the next run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from linkarchive.files import private, storage_error, sync_folder, write_atomically
from linkarchive.snapshot import cdxj, paths
from linkarchive.snapshot.request_body import LARGEST

if TYPE_CHECKING:
    from linkarchive.snapshot.record_reader import BadRecordError, HttpHead, StoredRecord
    from linkarchive.snapshot.request_body import RequestBody


def repair(archive: Path) -> tuple[str, ...]:
    """Finish WARC files that have no index: cut a torn end, rebuild the index. Call it with the lock held. Finished
    files are not read. Returns a sentence for each thing done that a person may want to know; raises StorageError."""
    done: list[str] = []
    try:
        for warc in paths.warc_files(archive):
            if not paths.index_of(archive, warc).exists():
                done += finish_warc(archive, warc)
        for path in paths.leftovers(archive):
            path.unlink()
    except OSError as error:
        raise storage_error(error.filename or archive, error, "cannot be repaired") from error
    return tuple(done)


def finish_warc(archive: Path, warc: Path) -> tuple[str, ...]:
    """Cut the torn end of a WARC file and write its index. Returns what was done, in sentences. Raises OSError."""
    return tuple(_finish(archive, warc))


def _finish(archive: Path, warc: Path) -> Iterator[str]:
    from linkarchive.snapshot.record_reader import BadRecordError, HttpHead, index_line, walk  # late: seldom wanted

    name = paths.relative(archive, warc)
    lines: list[bytes] = []
    end = count = 0
    damage: BadRecordError | None = None
    with warc.open("rb+") as file:
        answered: tuple[StoredRecord, HttpHead, int] | None = None  # the response whose line is the last one
        for item in walk(file, _head_or_body):
            if isinstance(item, BadRecordError):
                damage = item
                continue
            if damage is not None:
                yield f"{name}: the record at byte {damage.offset} is damaged ({damage}) and was left as it is"
                damage = None
            record, read, length = item
            end, count = record.offset + length, count + 1
            if isinstance(read, HttpHead):
                answered = (record, read, length) if cdxj.is_for_replay(record.type, read.status) else None
                if answered:
                    lines.append(index_line(*answered, warc.name))
            elif read and answered and record["WARC-Concurrent-To"] == answered[0]["WARC-Record-ID"]:
                lines[-1] = index_line(*answered, warc.name, read)
        torn = warc.stat().st_size - end
        if torn and count:
            file.truncate(end)
            yield f"{name}: the last record was torn by an interruption, its {torn:,} bytes were cut off"
        # An index never names bytes that are not on disk.
        os.fsync(file.fileno())
    if not count:
        warc.unlink()
        sync_folder(warc.parent)
        yield f"{name}: it held no complete record and was removed"
        return
    write_atomically(paths.index_of(archive, warc), cdxj.index(lines), opener=private)
    yield f"{name}: its run was interrupted; the index was rebuilt with {len(lines):,} entries"


def _head_or_body(record: StoredRecord) -> HttpHead | RequestBody | None:
    """The HTTP head of what an index lists; of a request what it sent, if it is no GET."""
    from linkarchive.snapshot.record_reader import sent

    if record.type in cdxj.INDEXED_TYPES:
        return record.http_head()
    return sent(record.http_head(), record.block.read(LARGEST)) if record.type == "request" else None
