-- What is asked of many incidents at once is a column of its own, so that no record is parsed for
-- it; and a place for records that cannot be read.
ALTER TABLE incidents ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE incidents ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN shared TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN part_of TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN done INTEGER NOT NULL DEFAULT 0;
-- A record that is not JSON stays unchanged: its first reader sets it aside.
UPDATE incidents SET
    owner = coalesce((record ->> '$.incident.owner.kind') || '/'
        || (record ->> '$.incident.owner.namespace') || '/'
        || (record ->> '$.incident.owner.name'), ''),
    shared = coalesce((record ->> '$.finding.shared.kind') || '/'
        || (record ->> '$.finding.shared.namespace') || '/'
        || (record ->> '$.finding.shared.name'),
        (record ->> '$.shared.kind') || '/' || (record ->> '$.shared.namespace') || '/'
        || (record ->> '$.shared.name'), ''),
    part_of = coalesce(record ->> '$.merged_into', ''),
    seen_at = coalesce(record ->> '$.last_seen', updated_at),
    done = final AND (state IN ('merged', 'cleared')
        OR coalesce(record ->> '$.documented', '') = state)
    WHERE json_valid(record);
CREATE INDEX incidents_owner ON incidents (owner);
CREATE INDEX incidents_shared ON incidents (shared) WHERE shared <> '';
CREATE INDEX incidents_undone ON incidents (number) WHERE done = 0;
CREATE INDEX incidents_part_of ON incidents (part_of) WHERE part_of <> '';
CREATE TABLE quarantine (
    id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    at INTEGER NOT NULL,
    why TEXT NOT NULL,
    record TEXT NOT NULL
);
-- `history` over what can be read.
DROP VIEW history;
CREATE VIEW history AS
    SELECT i.id AS incident, s.value ->> 'at' AS at, s.value ->> 'state' AS state,
           s.value ->> 'note' AS note
    FROM incidents i, json_each(iif(json_valid(i.record), i.record, '{}'), '$.history') s;
CREATE INDEX keys_incident ON keys (incident);
