"""No migration holds up those who read and write, however many rows there are.

Files up to 0008 were written before this and stay as they are. Waiting for a lock is bounded by
whoever applies the files: services/scheduler/store/migrate.py.
"""

import re
from typing import Final

import pytest

from services.scheduler.store.migrate import OUTSIDE, migrations, statements_of

SINCE: Final = 9
# Tables with a row for each check, or for each thing that happens to one.
GROWING: Final = (
    "checks",
    "probes",
    "content_samples",
    "kept_facts",
    "reviews",
    "webhook_deliveries",
    "delivery_attempts",
    "idempotency_keys",
    "dead_letters",
)
_NAME: Final = rf"(?:ONLY\s+)?(?P<table>{'|'.join(GROWING)})\b"
# What reads or rewrites a table whole while nobody may use it, or changes each of its rows.
HEAVY: Final = {
    "builds an index with writers locked out": (
        rf"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*\bON {_NAME}"
    ),
    "rewrites the table": rf"ALTER TABLE {_NAME}.*\b(?:SET DATA )?TYPE\b",
    "computes a default for each row": (
        rf"ALTER TABLE {_NAME}.*ADD COLUMN.*DEFAULT\s+"
        r"(?!'[^']*'|-?\d|true\b|false\b|null\b|now\(\)|current_timestamp\b)"
    ),
    "stores a generated column": rf"ALTER TABLE {_NAME}.*GENERATED ALWAYS AS .* STORED",
    "reads the table whole to see that nothing is null": rf"ALTER TABLE {_NAME}.*SET NOT NULL",
    "reads the table whole to see that a constraint holds": (
        rf"ALTER TABLE {_NAME}(?!.*NOT VALID).*"
        r"(?:ADD (?:CONSTRAINT \w+ )?(?:CHECK|FOREIGN KEY)"
        r"|ADD COLUMN[^,]*\b(?:REFERENCES|CHECK)\b)"
    ),
    "builds the index of a constraint with everybody locked out": (
        rf"ALTER TABLE {_NAME}.*ADD (?:CONSTRAINT \w+ )?(?:PRIMARY KEY|UNIQUE|EXCLUDE)"
        r"(?!.*USING INDEX)"
    ),
    "writes the table anew": (
        rf"ALTER TABLE {_NAME}.*SET (?:LOGGED|UNLOGGED|TABLESPACE|ACCESS METHOD)"
    ),
    "locks everybody out": rf"(?:CLUSTER|VACUUM FULL|LOCK TABLE|LOCK|TRUNCATE(?: TABLE)?) {_NAME}",
    "drops an index with everybody locked out": r"DROP INDEX (?!CONCURRENTLY)",
    "builds an index anew with writers locked out": r"REINDEX (?!.*CONCURRENTLY)",
    "changes every row in one transaction": rf"(?:UPDATE|DELETE FROM) {_NAME}",
    "waits for a lock without end": r"SET (?:LOCAL |SESSION )?lock_timeout",
}
# In a file that is no transaction and is done again from its beginning when it was cut off.
AGAIN: Final = re.compile(
    r"(?:ALTER TABLE \w+ (?:SET \(|ADD COLUMN IF NOT EXISTS|ALTER COLUMN \w+ SET STORAGE"
    r"|VALIDATE CONSTRAINT)|CREATE (?:TABLE|INDEX CONCURRENTLY) IF NOT EXISTS"
    r"|DROP INDEX CONCURRENTLY IF EXISTS)",
    re.IGNORECASE,
)
INDEX: Final = re.compile(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?P<name>\w+)", re.IGNORECASE)
CREATED: Final = re.compile(r"CREATE (?:UNLOGGED )?TABLE (?:IF NOT EXISTS )?(\w+)", re.IGNORECASE)


def faults(text: str) -> list[str]:
    """Return what in a migration would hold others up, or could not be done twice."""
    statements = [" ".join(each.split()) for each in statements_of(text)]
    created = {name for each in statements for name in CREATED.findall(each)}
    found = [fault for each in statements for fault in _heavy(each, created)]
    if text.startswith(OUTSIDE):
        return found + _done_once(statements)
    return found + [
        f"needs the first line {OUTSIDE}: {each}"
        for each in statements
        if re.search(r"\bCONCURRENTLY\b", each, re.IGNORECASE)
    ]


def _heavy(statement: str, created: set[str]) -> list[str]:
    return [
        f"{fault}: {statement}"
        for fault, pattern in HEAVY.items()
        if (matched := re.match(pattern, statement, re.IGNORECASE))
        and matched.groupdict().get("table") not in created
    ]


def _done_once(statements: list[str]) -> list[str]:
    """Return what fails when it was done before; an index cut off is there, and invalid."""
    found = []
    before = ""
    for statement in statements:
        index = INDEX.match(statement)
        is_new = index and before == f"DROP INDEX CONCURRENTLY IF EXISTS {index['name']}"
        if not is_new and not AGAIN.match(statement):
            found.append(f"cannot be done again: {statement}")
        before = statement
    return found


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for version, name, text in migrations() if version >= SINCE]
)
def test_a_migration_holds_nobody_up(name: str, text: str) -> None:
    assert faults(text) == []


def test_versions_follow_one_another_without_a_double() -> None:
    versions = [version for version, _, _ in migrations()]
    assert len(versions) == len(set(versions))


def test_every_growing_table_is_there() -> None:
    made = {name for _, _, text in migrations() for name in CREATED.findall(text)}
    assert set(GROWING) - made <= {"dead_letters"}


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE INDEX a ON checks (fqdn);",
        "create unique index a on probes (check_id);",
        "ALTER TABLE checks ALTER COLUMN ports TYPE bigint[];",
        "ALTER TABLE checks\n    ADD COLUMN a text NOT NULL DEFAULT gen_random_uuid();",
        "ALTER TABLE checks ADD COLUMN a timestamptz DEFAULT clock_timestamp();",
        "ALTER TABLE probes ADD COLUMN a int GENERATED ALWAYS AS (attempt + 1) STORED;",
        "ALTER TABLE probes ALTER COLUMN result SET NOT NULL;",
        "ALTER TABLE probes ADD CONSTRAINT a CHECK (attempt > 0);",
        "ALTER TABLE probes ADD COLUMN a text REFERENCES checks (id);",
        "ALTER TABLE kept_facts ADD PRIMARY KEY (check_id);",
        "ALTER TABLE kept_facts ADD CONSTRAINT a UNIQUE (check_id);",
        "ALTER TABLE checks SET UNLOGGED;",
        "LOCK TABLE checks;",
        "TRUNCATE kept_facts;",
        "DROP INDEX checks_by_time;",
        "REINDEX TABLE checks;",
        "UPDATE checks SET options = '{}';",
        "DELETE FROM probes;",
        "SET lock_timeout = 0;",
        "CREATE INDEX CONCURRENTLY a ON checks (fqdn);",  # in a transaction
        f"{OUTSIDE}\nCREATE INDEX CONCURRENTLY a ON checks (fqdn);",  # may be there, invalid
        f"{OUTSIDE}\nALTER TABLE checks ADD COLUMN a text;",
        f"{OUTSIDE}\nINSERT INTO secrets VALUES ('a', '');",
    ],
)
def test_what_holds_others_up_is_found(statement: str) -> None:
    assert len(faults(statement)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (id text); CREATE INDEX a ON other (id); -- UPDATE checks",
        "ALTER TABLE checks ADD COLUMN a timestamptz, ADD COLUMN b integer NOT NULL DEFAULT 0;",
        "ALTER TABLE probes ADD COLUMN lost text[] DEFAULT '{}', ADD COLUMN at timestamptz;",
        "ALTER TABLE probes ADD CONSTRAINT a CHECK (attempt > 0) NOT VALID;",
        "ALTER TABLE probes VALIDATE CONSTRAINT a;",
        "ALTER TABLE checks ADD CONSTRAINT a UNIQUE USING INDEX b;",
        "CREATE INDEX a ON webhooks (url);",
        (
            f"{OUTSIDE}\nDROP INDEX CONCURRENTLY IF EXISTS a;"
            "\nCREATE INDEX CONCURRENTLY a ON checks (id);"
        ),
    ],
)
def test_what_holds_nobody_up_is_let_through(statement: str) -> None:
    assert faults(statement) == []
