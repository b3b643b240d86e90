-- An outbox for each sink: an outage of one does not hold up another.
ALTER TABLE outbox ADD COLUMN sink TEXT NOT NULL DEFAULT 'slack';
DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (sink, lane, number) WHERE state = 'waiting';
-- A new incident writes a page for each index: what is not done is a part of what has not ended,
-- and a key needs no second tree.
DROP INDEX incidents_active;
CREATE TABLE keys_of_incidents (
    key TEXT PRIMARY KEY,
    incident TEXT NOT NULL
) WITHOUT ROWID;
INSERT INTO keys_of_incidents SELECT key, incident FROM keys;
DROP TABLE keys;
ALTER TABLE keys_of_incidents RENAME TO keys;
