// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension SQLiteStore {
    /// Looks through the whole file for damage; what it finds, in SQLite's words, and nothing if all is well.
    ///
    /// Takes about a second for a million events, in which nothing else is done.
    public func integrityCheck() async throws -> [String] {
        try await care { connection throws(SQLiteFault) in
            let statement = try connection.prepare("PRAGMA integrity_check")
            var found: [String] = []
            while try statement.step() { if let line = statement.text(0), line != "ok" { found.append(line) } }
            return found + (try connection.miscounts())
        }
    }

    /// Gives back to the system what ended events have left free in the file, and empties the log.
    ///
    /// Writes the whole file anew: worth while after a large queue has been worked off. What is free is used again in any case.
    public func compact() async throws {
        try await care { connection throws(SQLiteFault) in
            try connection.execute("VACUUM")
            try connection.checkpoint(.truncating)
        }
    }

    /// How SQLite goes about each statement that the store uses.
    package func plans() async throws -> [(sql: String, steps: [String])] {
        try await care { connection throws(SQLiteFault) in
            try connection.preparedStatements.map { sql throws(SQLiteFault) in
                let statement = try connection.prepare("EXPLAIN QUERY PLAN " + sql)
                var steps: [String] = []
                while try statement.step() { if let step = statement.text(3) { steps.append(step) } }
                return (sql, steps)
            }
        }
    }

    private func care<Answer: Sendable>(
        _ body: @escaping @Sendable (Connection) throws(SQLiteFault) -> Answer
    ) async throws -> Answer {
        try await hand { .care(Care(body: body, continuation: $0)) }
    }
}

extension Connection {
    /// Counters that differ from what there is.
    fileprivate func miscounts() throws(SQLiteFault) -> [String] {
        let statement = try prepare(
            """
            SELECT ready, leased, delayed, behind, dead, bytes, count(*) FILTER (WHERE state = 0),
                count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2), count(*) FILTER (WHERE state = 3),
                count(*) FILTER (WHERE state = 4), coalesce(sum(size), 0)
            FROM counters LEFT JOIN events ON events.seq <= counters.seq
            """)
        guard try statement.step() else { return ["the counters are missing"] }
        defer { statement.reset() }
        let names = ["ready", "leased", "delayed", "behind", "dead", "bytes"]
        return names.indices.compactMap { index in
            let (counted, found) = (statement.integer(Int32(index)), statement.integer(Int32(index + names.count)))
            return counted == found ? nil : "counter \(names[index]) is \(counted), and there are \(found)"
        }
    }
}
