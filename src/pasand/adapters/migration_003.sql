-- The log's rows are appended without an index; these tables are merged into, in order, later.

DROP INDEX event_by_id;
DROP INDEX event_by_member;
DROP INDEX event_by_item;

-- A hash of the event's id, made by the writer.
ALTER TABLE event ADD COLUMN key INTEGER NOT NULL DEFAULT 0;
UPDATE event SET key = event_key(event_id);

-- An entry whose event is gone keeps its id counted.
CREATE TABLE event_key (
    tenant TEXT NOT NULL,
    key INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (tenant, key, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_member (
    tenant TEXT NOT NULL,
    member_id TEXT NOT NULL,
    offset INTEGER NOT NULL,
    PRIMARY KEY (tenant, member_id, offset)
) STRICT, WITHOUT ROWID;

CREATE TABLE event_item (
    tenant TEXT NOT NULL,
    item_id TEXT NOT NULL,
    member_id TEXT NOT NULL,
    PRIMARY KEY (tenant, item_id, member_id)
) STRICT, WITHOUT ROWID;

-- Up to which offset they hold a tenant's events.
CREATE TABLE event_indexed (
    tenant TEXT NOT NULL PRIMARY KEY,
    offset INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO event_key SELECT tenant, key, offset FROM event ORDER BY tenant, key;
INSERT INTO event_member SELECT tenant, member_id, offset FROM event
    WHERE member_id <> '' ORDER BY tenant, member_id, offset;
INSERT OR IGNORE INTO event_item SELECT tenant, item_id, member_id FROM event
    WHERE item_id <> '' AND member_id <> '' ORDER BY tenant, item_id, member_id;
INSERT INTO event_indexed SELECT tenant, max(offset) FROM event GROUP BY tenant;

CREATE TRIGGER event_deleted AFTER DELETE ON event BEGIN
    DELETE FROM event_member
    WHERE tenant = old.tenant AND member_id = old.member_id AND offset = old.offset;
END;
