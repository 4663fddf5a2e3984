// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a file holds of streams, version by version.
enum StreamSchema {
    static let migrations = [version1]

    private static let version1 = """
        CREATE TABLE streams (
            number     INTEGER PRIMARY KEY,
            name       TEXT NOT NULL UNIQUE,
            began      INTEGER NOT NULL,             -- nanoseconds since 1970 UTC, as all times; sequence numbers tell it
            last       INTEGER NOT NULL,             -- the number of its last record; they count from 1
            total      INTEGER NOT NULL,             -- bytes of all records so far: data and partition keys
            arrived    INTEGER NOT NULL,             -- when the last record came
            first      INTEGER NOT NULL,             -- the first record that is kept
            dropped    INTEGER NOT NULL,             -- bytes of all records before it
            floor      INTEGER NOT NULL,             -- the first record whose row has not been deleted yet
            overflown  INTEGER NOT NULL,             -- records that have gone for want of room
            shards     INTEGER NOT NULL,             -- made so far
            generation INTEGER NOT NULL              -- how often its shards have changed
        );

        CREATE TABLE stream_shards (
            stream    INTEGER NOT NULL,              -- streams.number
            number    INTEGER NOT NULL,              -- in the order in which they were made
            first_key TEXT NOT NULL,                 -- its hash keys, in decimal digits
            last_key  TEXT NOT NULL,
            parent    INTEGER,
            adjacent  INTEGER,                       -- the other parent, where two were merged
            began     INTEGER NOT NULL,              -- the first record that can be in it
            ended     INTEGER,                       -- the last one; NULL as long as it is open
            closed_at INTEGER,
            PRIMARY KEY (stream, number)
        ) WITHOUT ROWID;

        -- One row for each record; their numbers have no gaps.
        CREATE TABLE stream_records (
            place   INTEGER PRIMARY KEY,             -- stream * 2^46 + the record's number
            shard   INTEGER,                         -- stream_shards.number; NULL where it was the only one that was open
            arrived INTEGER NOT NULL,
            total   INTEGER NOT NULL,                -- bytes of all records of the stream up to this one
            key     TEXT NOT NULL,
            data    BLOB NOT NULL
        );

        CREATE INDEX stream_records_by_shard ON stream_records (shard) WHERE shard IS NOT NULL;

        """
}
