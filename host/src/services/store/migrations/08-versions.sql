-- The versions of each plugin: which one decides, which ones decided before, which one waits.
CREATE TABLE versions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    plugin TEXT NOT NULL,
    pin TEXT NOT NULL,
    digest TEXT NOT NULL,
    version TEXT NOT NULL,
    state TEXT NOT NULL,
    seen_at INTEGER NOT NULL,
    live_at INTEGER,
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at INTEGER,
    replayed INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    not_recorded INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    calls INTEGER NOT NULL DEFAULT 0,
    guest_faults INTEGER NOT NULL DEFAULT 0,
    micros INTEGER NOT NULL DEFAULT 0,
    UNIQUE (plugin, pin)
);
-- The last calls of each plugin, with the answers of their reads: what a new version is tried on.
CREATE TABLE calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    plugin TEXT NOT NULL,
    incident TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    call TEXT NOT NULL,
    UNIQUE (plugin, incident, subject)
);
-- What a version that is not live decides, beside what the live one does: on replayed calls where
-- the two differ, as a shadow on every call.
CREATE TABLE verdicts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    plugin TEXT NOT NULL,
    pin TEXT NOT NULL,
    shadow INTEGER NOT NULL,
    at INTEGER NOT NULL,
    incident TEXT NOT NULL,
    subject TEXT NOT NULL,
    live TEXT NOT NULL,
    new TEXT NOT NULL
);
CREATE INDEX verdicts_version ON verdicts (plugin, pin, shadow, number);
