-- Schema version 1. Every table carries the tenant in its key.

CREATE TABLE event (
    offset INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    event_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    occurred_ms INTEGER NOT NULL,
    member_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    fingerprint BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX event_by_id ON event (tenant, event_id);
CREATE INDEX event_by_member ON event (tenant, member_id, offset) WHERE member_id <> '';
CREATE INDEX event_by_item ON event (tenant, item_id, member_id) WHERE item_id <> '';

CREATE TABLE rejected (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    received_ms INTEGER NOT NULL,
    reason TEXT NOT NULL,
    field TEXT NOT NULL,
    source TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE TABLE item (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    item_id TEXT NOT NULL,
    offset INTEGER NOT NULL,
    body BLOB,
    UNIQUE (tenant, item_id)
) STRICT;

CREATE TABLE member (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    member_id TEXT NOT NULL,
    offset INTEGER NOT NULL,
    body BLOB,
    UNIQUE (tenant, member_id)
) STRICT;

CREATE TABLE profile (
    tenant TEXT NOT NULL,
    member_id TEXT NOT NULL,
    offset INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, member_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    tenant TEXT NOT NULL,
    key_id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (tenant, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE promotion (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    snapshot_id TEXT NOT NULL,
    promoted_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE note (
    tenant TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;
