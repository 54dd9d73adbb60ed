"""The tables that the projects of a hub share, in the schema `hub` of its PostgreSQL database (docs/design.md §11).

A project's own tables are those of `store.schema`, in a schema of its own.
"""

from __future__ import annotations

SLOTS = 4096

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "2026-11-30 first schema",
        (
            # What a project has pushed: its name, and `store.hub.Rules` as JSON.
            """CREATE TABLE hub.projects (
                id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                name text NOT NULL UNIQUE,
                body text NOT NULL,
                pushed timestamptz NOT NULL
            )""",
            # Who watches what: the source of a project, and the page that is visited for it.
            """CREATE TABLE hub.watched (
                project integer NOT NULL REFERENCES hub.projects,
                source bigint NOT NULL,
                slot smallint NOT NULL,
                page bytea NOT NULL,
                next_due timestamptz NOT NULL,
                PRIMARY KEY (project, source)
            )""",
            "CREATE INDEX watched_due ON hub.watched (slot, next_due)",
            "CREATE INDEX watched_page ON hub.watched (page)",
            """CREATE TABLE hub.ranges (
                range integer PRIMARY KEY,
                first_slot smallint NOT NULL,
                last_slot smallint NOT NULL,
                fence integer NOT NULL DEFAULT 0,
                worker text,
                taken timestamptz,
                rest_until timestamptz,
                failures integer NOT NULL DEFAULT 0,
                error text
            )""",
            # What is on the shelf, as far as rows name it.
            """CREATE TABLE hub.segments (
                name text PRIMARY KEY,
                range integer NOT NULL,
                fence integer NOT NULL,
                bytes bigint NOT NULL,
                sha256 text NOT NULL,
                put timestamptz NOT NULL
            )""",
        ),
    ),
    (
        "2026-11-30 shared turns",
        (
            # When a host, or a domain (`*.example.org`), may be asked next; domains have the slot of their owner.
            """CREATE TABLE hub.turns (
                name text PRIMARY KEY,
                next_start timestamptz NOT NULL,
                slot smallint,
                shared_until timestamptz
            )""",
            "CREATE INDEX turns_slot ON hub.turns (slot) WHERE slot IS NOT NULL",
            # 0 where all these names may be asked: each has its next start after its gap. Else the seconds to wait.
            """CREATE FUNCTION hub.take_turn(names text[], gaps double precision[]) RETURNS double precision
            LANGUAGE plpgsql AS $$
            DECLARE
                free timestamptz;
            BEGIN
                INSERT INTO hub.turns (name, next_start)
                    SELECT name, clock_timestamp() FROM unnest(names) AS name ORDER BY name ON CONFLICT DO NOTHING;
                SELECT max(next_start) INTO free FROM (
                    SELECT next_start FROM hub.turns WHERE name = ANY (names) ORDER BY name FOR UPDATE
                ) AS held;
                IF free > clock_timestamp() THEN
                    RETURN extract(epoch FROM free - clock_timestamp());
                END IF;
                UPDATE hub.turns AS t SET next_start = clock_timestamp() + make_interval(secs => mine.gap)
                    FROM unnest(names, gaps) AS mine (name, gap) WHERE t.name = mine.name;
                RETURN 0;
            END
            $$""",
        ),
    ),
    (
        "2026-11-30 web archives",
        (
            # From when on web archives are to be asked about a source; null: there is nothing to ask.
            "ALTER TABLE hub.watched ADD COLUMN ask_from timestamptz",
            "CREATE INDEX watched_ask ON hub.watched (slot, ask_from) WHERE ask_from IS NOT NULL",
            # Archives that limit us, and until when nobody asks them.
            """CREATE TABLE hub.archive_gates (
                name text PRIMARY KEY,
                closed_until timestamptz NOT NULL,
                why text NOT NULL,
                failures integer NOT NULL
            )""",
        ),
    ),
    (
        "2026-11-30 was it us",
        (
            # What the workers of a machine have seen of hosts of late, and concluded: `store.hub_sightings.Sighting`.
            """CREATE TABLE hub.sightings (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                machine text NOT NULL,
                seen timestamptz NOT NULL DEFAULT clock_timestamp(),
                body text NOT NULL
            )""",
            "CREATE INDEX sightings_of_machine ON hub.sightings (machine, seen)",
            # Machines whose network is in trouble, and until when they rest.
            """CREATE TABLE hub.troubles (
                machine text PRIMARY KEY,
                until timestamptz NOT NULL,
                why text NOT NULL
            )""",
        ),
    ),
    (
        "2026-11-30 projects in trouble",
        (
            # Projects whose tables a worker could not use, since when, and why.
            """CREATE TABLE hub.project_troubles (
                project integer PRIMARY KEY REFERENCES hub.projects,
                since timestamptz NOT NULL,
                why text NOT NULL
            )""",
        ),
    ),
    (
        "2026-11-30 due of a project",
        (
            "CREATE INDEX watched_project_due ON hub.watched (project, next_due)",
            "CREATE INDEX watched_project_ask ON hub.watched (project, ask_from) WHERE ask_from IS NOT NULL",
        ),
    ),
)
"""Named steps, each with its statements; they are never changed, only added to."""
