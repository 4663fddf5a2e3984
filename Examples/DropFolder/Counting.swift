// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers

/// A host that counts the lines of what is dropped into a folder; its queue and its memory are in a file beside it.
struct Counting {
    let host: FunctionHost
    private let database: SQLiteStore

    /// - Parameter tell: Called with a file's name and how many lines it has.
    init(_ folder: Folder, tell: @escaping @Sendable (String, Int) throws -> Void) throws {
        database = try SQLiteStore(path: folder.state)
        host = FunctionHost(store: database)
        let store = try ObjectStore(bucket: "drop", directory: folder.path)
        let count = try host.register("count") { (event: ObjectEvent, _) in
            for record in event.records {
                let lines = try await store.get(record.key).content.count { $0 == UInt8(ascii: "\n") }
                try tell(record.key, lines)
            }
        }
        try host.watch(store, [ObjectNotification(id: "drops", target: .function(count))], memory: database)
    }

    func close() async { await database.close() }
}
