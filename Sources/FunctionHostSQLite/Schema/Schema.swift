// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What the file holds, version by version; the article *The database file* explains it to people.
enum Schema {
    /// "FnHt": marks a file as a store, for `file` and for those who open another one by mistake.
    static let applicationID: Int64 = 0x466E_4874

    /// What each version adds to the one before, the first one to an empty file.
    static let migrations: [String] = [
        version1, version2,
    ]

    /// Payloads of more bytes lie in a table of their own: a lease writes its event's row anew, and should not carry them along.
    static let inlineBytes = 1_024

    private static let version2 = """
        -- How far pollers and schedules have come: small texts.
        CREATE TABLE progress (
            owner TEXT NOT NULL,                     -- "mapping" or "schedule", and its name
            key   TEXT NOT NULL,                     -- a shard, for one
            value TEXT NOT NULL,
            PRIMARY KEY (owner, key)
        ) WITHOUT ROWID;

        """

    private static let version1 = tables1 + indices1 + views1

    private static let tables1 = """
        CREATE TABLE functions (
            number INTEGER PRIMARY KEY,
            name   TEXT NOT NULL UNIQUE,
            age    INTEGER NOT NULL                  -- from due to too old, as a rule; negative if there is none
        );

        -- One row for each event that has not ended, and for each dead letter.
        CREATE TABLE events (
            seq             INTEGER PRIMARY KEY,     -- in the order of acceptance
            id              BLOB NOT NULL UNIQUE,    -- 16 bytes
            state           INTEGER NOT NULL,        -- 0 ready, 1 leased, 2 delayed, 3 behind another, 4 dead
            lane            INTEGER NOT NULL,        -- function * 32 + 16 if not aged by the rule + 8 if a process ended while it ran + (2 - priority)
            due             INTEGER NOT NULL,        -- nanoseconds since 1970 UTC, as all times
            function        INTEGER NOT NULL,        -- functions.number
            attempts        INTEGER NOT NULL,        -- begun
            deaths          INTEGER NOT NULL,        -- times a process ended while it ran
            enqueued        INTEGER NOT NULL,
            expires         INTEGER NOT NULL,
            size            INTEGER NOT NULL,        -- bytes of the payload
            extras          INTEGER NOT NULL,        -- 1 details, 2 a history, 4 payload in payloads, 8 to be cancelled
            fence           INTEGER,                 -- of the latest lease
            lease_until     INTEGER,                 -- if it is leased
            kind            TEXT,                    -- NULL for an invocation
            ordering_key    TEXT,
            idempotency_key TEXT,
            deduplication   INTEGER,                 -- NULL while active, -1 while queued, else nanoseconds
            tags            TEXT,                    -- JSON object of strings
            trace           TEXT,
            lineage         TEXT,                    -- JSON object of numbers
            origin          BLOB,                    -- an id
            redrives        INTEGER,
            history         TEXT,                    -- JSON array of attempts
            died            INTEGER,                 -- the place among dead letters
            died_at         INTEGER,
            cause           TEXT,
            payload         BLOB                     -- JSON text, as its coder wrote it
        );

        CREATE TABLE payloads (
            seq  INTEGER PRIMARY KEY,                -- events.seq
            body BLOB NOT NULL
        );

        -- Idempotency keys that are held.
        CREATE TABLE keys (
            function INTEGER NOT NULL,
            key      TEXT NOT NULL,
            id       BLOB NOT NULL,                  -- the event that holds it, or held it
            until    INTEGER,                        -- NULL: until the event gives it back
            PRIMARY KEY (function, key)
        ) WITHOUT ROWID;

        -- One row. The last few events may not be counted yet: those whose seq is higher.
        CREATE TABLE counters (
            one     INTEGER PRIMARY KEY CHECK (one = 1),
            seq     INTEGER NOT NULL,                -- the last one given
            fence   INTEGER NOT NULL,                -- the last one given
            died    INTEGER NOT NULL,                -- the last one given
            ready   INTEGER NOT NULL,
            leased  INTEGER NOT NULL,
            delayed INTEGER NOT NULL,
            behind  INTEGER NOT NULL,
            dead    INTEGER NOT NULL,
            bytes   INTEGER NOT NULL,
            stamp   INTEGER NOT NULL                 -- of the last transaction, drawn at random
        );
        INSERT INTO counters VALUES (1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

        """

    /// Each serves one question, and only the rows that the question is about are in it.
    private static let indices1 = """
        CREATE INDEX events_ready ON events (lane, due) WHERE state = 0;
        CREATE INDEX events_leased ON events (lease_until) WHERE state = 1;
        CREATE INDEX events_delayed ON events (due) WHERE state = 2;
        CREATE INDEX events_delayed_by_function ON events (function, due) WHERE state = 2;
        CREATE INDEX events_behind ON events (due) WHERE state = 3;
        CREATE INDEX events_expiring ON events (function, expires) WHERE lane & 16 AND died IS NULL;
        CREATE INDEX events_ordered ON events (function, ordering_key, seq) WHERE ordering_key IS NOT NULL AND died IS NULL;
        CREATE INDEX events_dead ON events (died) WHERE died IS NOT NULL;
        CREATE INDEX events_dead_by_function ON events (function, died) WHERE died IS NOT NULL;
        CREATE INDEX keys_until ON keys (until) WHERE until IS NOT NULL;

        """

    /// For people: ids, times and payloads as text.
    private static let views1 = """
        CREATE VIEW all_events AS
        SELECT seq,
            lower(substr(hex(id), 1, 8) || '-' || substr(hex(id), 9, 4) || '-' || substr(hex(id), 13, 4) || '-'
                || substr(hex(id), 17, 4) || '-' || substr(hex(id), 21)) AS id,
            name AS function,
            CASE state WHEN 0 THEN 'ready' WHEN 1 THEN 'leased' WHEN 2 THEN 'delayed' WHEN 3 THEN 'behind'
                ELSE 'dead' END AS state,
            2 - (lane & 7) AS priority, attempts, deaths,
            strftime('%Y-%m-%d %H:%M:%f', enqueued / 1e9, 'unixepoch') AS enqueued,
            strftime('%Y-%m-%d %H:%M:%f', due / 1e9, 'unixepoch') AS due,
            strftime('%Y-%m-%d %H:%M:%f', expires / 1e9, 'unixepoch') AS expires,
            strftime('%Y-%m-%d %H:%M:%f', lease_until / 1e9, 'unixepoch') AS lease_until,
            strftime('%Y-%m-%d %H:%M:%f', died_at / 1e9, 'unixepoch') AS died_at,
            died, cause, coalesce(kind, 'invocation') AS kind, ordering_key, idempotency_key, tags, history, size,
            CAST(coalesce(payload, (SELECT body FROM payloads WHERE payloads.seq = events.seq)) AS TEXT) AS payload
        FROM events JOIN functions ON number = function;

        CREATE VIEW waiting AS
        SELECT id, function, state, priority, due, attempts, enqueued, expires, ordering_key, tags, payload
        FROM all_events WHERE state IN ('ready', 'delayed', 'behind') ORDER BY seq;

        CREATE VIEW leased AS
        SELECT id, function, attempts, deaths, lease_until, enqueued, payload
        FROM all_events WHERE state = 'leased' ORDER BY lease_until;

        CREATE VIEW dead_letters AS
        SELECT id, function, cause, died_at, attempts, enqueued, history, tags, payload
        FROM all_events WHERE state = 'dead' ORDER BY died;

        """
}
