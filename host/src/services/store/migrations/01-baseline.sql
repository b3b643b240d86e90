-- What files without a version hold. Each statement leaves what is there.
CREATE TABLE IF NOT EXISTS incidents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT UNIQUE,
    state TEXT NOT NULL,
    final INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    record TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS incidents_active ON incidents (final);
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY,
    incident TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS outcomes (
    signature TEXT NOT NULL,
    action TEXT NOT NULL,
    fix TEXT NOT NULL,
    verdict TEXT NOT NULL,
    incident TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS investigations (
    number INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    conversation TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS investigations_incident ON investigations (incident);
CREATE TABLE IF NOT EXISTS requests (
    number INTEGER PRIMARY KEY,
    incident TEXT NOT NULL,
    request TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS requests_incident ON requests (incident);
CREATE TABLE IF NOT EXISTS reloads (
    plugin TEXT NOT NULL,
    what TEXT NOT NULL,
    at INTEGER NOT NULL
);
CREATE VIEW IF NOT EXISTS history AS
    SELECT i.id AS incident, s.value ->> 'at' AS at, s.value ->> 'state' AS state,
           s.value ->> 'note' AS note
    FROM incidents i, json_each(i.record, '$.history') s;
CREATE TABLE IF NOT EXISTS outbox (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    rank INTEGER NOT NULL,
    effect TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    generation INTEGER NOT NULL DEFAULT 1,
    made_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    begun_at INTEGER,
    progress TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (lane, number) WHERE state = 'waiting';
CREATE TABLE IF NOT EXISTS messages (
    incident TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    ts TEXT NOT NULL,
    shown TEXT NOT NULL,
    anew INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS mutes (
    what TEXT PRIMARY KEY,
    until INTEGER NOT NULL,
    by TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS asked (
    at INTEGER NOT NULL,
    door TEXT NOT NULL,
    person TEXT NOT NULL,
    incident TEXT NOT NULL,
    what TEXT NOT NULL,
    done INTEGER NOT NULL,
    answer TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS birth (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at INTEGER NOT NULL,
    nonce TEXT NOT NULL
);
