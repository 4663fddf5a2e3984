// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a file holds of tables, version by version; records of their changes are those of a stream.
enum ItemSchema {
    static let migrations = [version1]

    private static let version1 = """
        CREATE TABLE item_tables (
            number        INTEGER PRIMARY KEY,
            name          TEXT NOT NULL UNIQUE,
            partition_key TEXT NOT NULL,             -- type and name, such as "S id"
            sort_key      TEXT,
            view          TEXT,                      -- what records of changes hold; NULL if none are kept
            stream        INTEGER,                   -- streams.number, of the records
            items         INTEGER NOT NULL,
            bytes         INTEGER NOT NULL           -- of all items, as DynamoDB counts
        );

        CREATE TABLE items (
            owner INTEGER NOT NULL,                  -- item_tables.number
            part  BLOB NOT NULL,                     -- the partition key's hash, then its value
            sort  BLOB NOT NULL,                     -- the sort key; empty if the table has none
            size  INTEGER NOT NULL,                  -- as DynamoDB counts
            json  BLOB NOT NULL,                     -- the item in DynamoDB's JSON
            PRIMARY KEY (owner, part, sort)
        ) WITHOUT ROWID;

        """
}
