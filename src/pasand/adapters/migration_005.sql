-- Operators' rules, as they were changed: the newest row of a rule is the rule.

CREATE TABLE rule_change (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE INDEX rule_change_by_tenant ON rule_change (tenant, number);
