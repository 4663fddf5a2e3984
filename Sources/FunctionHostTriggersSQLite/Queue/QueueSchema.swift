// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a file holds of queues, version by version.
enum QueueSchema {
    static let migrations = [tables1 + indices1]

    /// Bodies of more bytes lie in a table of their own: a receive writes its message's row anew, and should not carry them along.
    static let inlineBytes = 1_024

    private static let tables1 = """
        CREATE TABLE queues (
            number  INTEGER PRIMARY KEY,
            name    TEXT NOT NULL UNIQUE,
            began   INTEGER NOT NULL,                -- nanoseconds since 1970 UTC, as all times; sequence numbers tell it
            seed    INTEGER NOT NULL,                -- what ids are made of, and what its receipts are known by
            last    INTEGER NOT NULL,                -- the number of its last message; they count from 1
            fence   INTEGER NOT NULL,                -- of its last receive
            count   INTEGER NOT NULL,                -- messages that are there
            bytes   INTEGER NOT NULL,
            keys    INTEGER NOT NULL,                -- deduplication ids that are remembered
            expired INTEGER NOT NULL                 -- messages that were removed as they were too old
        );

        CREATE TABLE queue_messages (
            place      INTEGER PRIMARY KEY,          -- queue * 2^46 + the message's number
            queue      INTEGER NOT NULL,             -- queues.number
            id         BLOB NOT NULL,                -- 16 bytes
            due        INTEGER NOT NULL,             -- visible from then on
            held       INTEGER NOT NULL,             -- 1 if it was received: invisible until it is due
            born       INTEGER NOT NULL,             -- what its age is counted from
            sent       INTEGER NOT NULL,
            size       INTEGER NOT NULL,             -- bytes of body and attributes
            receives   INTEGER NOT NULL,
            fence      INTEGER NOT NULL,             -- of its latest receive; 0 before the first
            received   INTEGER,                      -- for the first time
            line       INTEGER,                      -- queue_groups.number; NULL in a queue that is not FIFO
            key        TEXT,                         -- its deduplication id
            source     TEXT,                         -- the queue that has given it up
            attributes BLOB,
            body       TEXT                          -- NULL if it lies in queue_bodies
        );

        CREATE TABLE queue_bodies (
            place INTEGER PRIMARY KEY,               -- queue_messages.place
            body  TEXT NOT NULL
        );

        -- Groups of FIFO queues that have messages.
        CREATE TABLE queue_groups (
            number INTEGER PRIMARY KEY,
            queue  INTEGER NOT NULL,
            name   TEXT NOT NULL,
            ready  INTEGER NOT NULL,                 -- from then on it has a visible message and no invisible one
            turn   INTEGER NOT NULL,                 -- the receive before which it came to be so
            UNIQUE (queue, name)
        );

        -- Deduplication ids of the last five minutes.
        CREATE TABLE queue_keys (
            queue  INTEGER NOT NULL,
            key    TEXT NOT NULL,
            id     BLOB NOT NULL,                    -- the first message's
            number INTEGER NOT NULL,
            until  INTEGER NOT NULL,
            PRIMARY KEY (queue, key)
        ) WITHOUT ROWID;

        """

    /// Each serves one question, and only the rows that the question is about are in it.
    private static let indices1 = """
        CREATE INDEX queue_messages_due ON queue_messages (queue, due, fence) WHERE line IS NULL;
        CREATE INDEX queue_messages_born ON queue_messages (queue, born);
        CREATE INDEX queue_messages_in_line ON queue_messages (line) WHERE line IS NOT NULL;
        CREATE INDEX queue_messages_held ON queue_messages (line, held, due) WHERE line IS NOT NULL;
        CREATE INDEX queue_groups_ready ON queue_groups (queue, ready, turn);
        CREATE INDEX queue_keys_until ON queue_keys (queue, until);

        """
}
