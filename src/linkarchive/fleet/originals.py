"""Lost targets of articles, looked for by a push on the original pages of those that are new or have changed."""

from __future__ import annotations

from msgspec.structs import replace

from linkarchive.check.articles import Articles, recover
from linkarchive.check.baselines import page_of
from linkarchive.check.plan import Policy, plan
from linkarchive.clock import Clock
from linkarchive.errors import ArchiveError
from linkarchive.links.held import HeldArticles
from linkarchive.store.database import Store
from linkarchive.web.exchange import VisitRequest
from linkarchive.web.scheduler import fetch_all


def with_lost_targets(articles: Articles, store: Store, policy: Policy, clock: Clock) -> tuple[Articles, list[str]]:
    """The articles with what the live original pages tell; and a sentence for each page that a bug kept from being
    read. Sources that are new are added to the store."""
    losing = articles.losing & articles.new.keys()
    if not losing:
        return articles, []
    settings, troubles = policy.settings, []
    theirs = HeldArticles(articles.by_path[path] for path in losing)
    jobs = plan(replace(articles, by_path=theirs, left=(), plan=None), store, policy, is_of_links=False)
    originals = {policy.address(job.source.url): job for job in jobs if job.skip is None and job.original_of & losing}
    requests = map(VisitRequest, originals)
    for visit in fetch_all(requests, settings.network, clock, sites=settings.sites):
        job = originals[visit.request.url]
        try:
            articles, _ = recover(articles, job.source.url, job.original_of & losing, page_of(visit, policy))
        except (ArchiveError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever a foreign page does to a parser
            troubles.append(f"{job.source.url}: could not be read ({type(error).__name__}: {error}); please report it")
        finally:
            visit.close()
    return articles, troubles
