-- The key of the digests that approvals are for: made once, and kept as long as the file.
CREATE TABLE IF NOT EXISTS installation (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    approval_key BLOB NOT NULL
);
-- Which installation works with the file, for readers without a cluster.
CREATE TABLE IF NOT EXISTS host (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    installation TEXT NOT NULL
);
