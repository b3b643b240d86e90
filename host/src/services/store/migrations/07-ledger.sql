-- What a policy sees of earlier fixes, beside how each ended. Of incidents that are gone nothing more
-- is known; a record that is not JSON tells nothing.
ALTER TABLE outcomes ADD COLUMN class TEXT NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN namespace TEXT NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE outcomes ADD COLUMN approvers TEXT NOT NULL DEFAULT '[]';
UPDATE outcomes SET
    class = coalesce(r.record ->> '$.finding.class', r.record ->> '$.incident.class', ''),
    kind = coalesce(r.record ->> '$.execution.fix.target.kind', ''),
    namespace = coalesce(r.record ->> '$.execution.fix.target.namespace', ''),
    name = coalesce(r.record ->> '$.execution.fix.target.name', ''),
    approvers = coalesce(r.record -> '$.execution.approvers', '[]')
    FROM incidents r WHERE r.id = outcomes.incident AND json_valid(r.record);
