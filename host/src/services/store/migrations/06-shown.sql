-- What each sink shows of an incident, and where, in words of its own.
CREATE TABLE shown (
    sink TEXT NOT NULL,
    incident TEXT NOT NULL,
    place TEXT NOT NULL,
    digest TEXT NOT NULL,
    replaced INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (sink, incident)
) WITHOUT ROWID;
INSERT INTO shown SELECT 'slack', incident, channel || '/' || ts, shown, anew FROM messages;
DROP TABLE messages;
-- An entry says itself which incident it is about. Before, its lane and its key did.
ALTER TABLE outbox ADD COLUMN incident TEXT;
UPDATE outbox SET incident = iif(lane LIKE '%/voice', substr(lane, 1, length(lane) - 6), lane)
    WHERE lane IN (SELECT id FROM incidents) OR lane IN (SELECT id || '/voice' FROM incidents);
