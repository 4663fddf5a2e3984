// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import CSQLite
import FunctionHostSQLite

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A store's file that processes leave, in a directory of its own.
final class StoreFile {
    private let directory: String

    init() {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/functionhost-crash-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no directory in \(parent)")
        directory = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for ending in ["", "-wal", "-shm"] { unlink(path + ending) }
        rmdir(directory)
    }

    var path: String { directory + "/queue.db" }

    /// Opens the file as the next process would; returns what is damaged, and which events are there.
    func examine() async throws -> (damage: [String], events: [Int: FoundEvent]) {
        let store = try SQLiteStore(path: path)
        let damage = try await store.integrityCheck()
        let events = readEvents()
        await store.close()
        return (damage, events)
    }

    /// The texts that a statement gives, past the store.
    func texts(_ sql: String) -> [String] {
        var connection: OpaquePointer?
        precondition(sqlite3_open(path, &connection) == SQLITE_OK)
        defer { sqlite3_close_v2(connection) }
        var statement: OpaquePointer?
        precondition(sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK)
        defer { sqlite3_finalize(statement) }
        var texts: [String] = []
        while sqlite3_step(statement) == SQLITE_ROW { texts.append(String(cString: sqlite3_column_text(statement, 0))) }
        return texts
    }

    /// Past the store, so that its own view of its file is not what it is judged by.
    private func readEvents() -> [Int: FoundEvent] {
        var connection: OpaquePointer?
        precondition(sqlite3_open(path, &connection) == SQLITE_OK)
        defer { sqlite3_close_v2(connection) }
        var statement: OpaquePointer?
        let sql = "SELECT CAST(payload AS TEXT), attempts, state = 'dead' FROM all_events"
        precondition(sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK)
        defer { sqlite3_finalize(statement) }
        var events: [Int: FoundEvent] = [:]
        while sqlite3_step(statement) == SQLITE_ROW {
            let text = String(cString: sqlite3_column_text(statement, 0))
            let number = text.split(separator: " ").first.flatMap { Int($0) } ?? -1
            events[number] = FoundEvent(
                attempts: Int(sqlite3_column_int64(statement, 1)), isDead: sqlite3_column_int64(statement, 2) == 1)
        }
        return events
    }
}
