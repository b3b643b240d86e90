-- The policies that were live, each until somebody says that it may go: without them nothing is decided.
CREATE TABLE IF NOT EXISTS policies (
    id TEXT PRIMARY KEY,
    granted INTEGER NOT NULL,
    since INTEGER NOT NULL
);
