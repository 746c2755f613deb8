-- Schema version 2: who was erased, and which segments of the log are sealed.

CREATE TABLE erasure_key (
    tenant TEXT NOT NULL,
    key_id TEXT NOT NULL,
    secret BLOB NOT NULL,
    PRIMARY KEY (tenant, key_id)
) STRICT, WITHOUT ROWID;

-- member_id is there only until nothing of the member is left; the keyed hash stays.
CREATE TABLE erasure (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    erasure_id TEXT NOT NULL,
    key_id TEXT NOT NULL,
    member_hash BLOB NOT NULL,
    member_id TEXT NOT NULL,
    state TEXT NOT NULL,
    asked_ms INTEGER NOT NULL,
    done_ms INTEGER NOT NULL,
    UNIQUE (tenant, key_id, member_hash)
) STRICT;

-- A stale segment holds what the log has no more: it is written again.
CREATE TABLE segment (
    tenant TEXT NOT NULL,
    first_offset INTEGER NOT NULL,
    last_offset INTEGER NOT NULL,
    name TEXT NOT NULL,
    stale INTEGER NOT NULL,
    erasures TEXT NOT NULL,
    PRIMARY KEY (tenant, first_offset)
) STRICT, WITHOUT ROWID;
