// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// The code of the article *Watching a directory*.
@Suite(.timeLimit(.minutes(30))) struct WatchingADirectoryArticle {
    private let playground = Playground()
    private let reports = DirectoryWatchTests.Reports()

    private func report(_ key: String, _ size: Int) { reports.add("\(key) \(size)") }

    @Test func watch() async throws {
        let host = FunctionHost()
        let memory = MemoryInProcess()
        let folder = playground.root
        playground.makeDirectory("in")
        playground.drop("1,2\n", at: "in/a.csv")
        let store = try ObjectStore(bucket: "drop", directory: folder)
        let count = try host.register("count") { (event: ObjectEvent, _) in
            for record in event.records {
                let object = try await store.get(record.key)
                report(record.key, object.content.count)
                try await store.move(record.key, to: "done/\(record.key.dropFirst(3))")
            }
        }
        try host.watch(
            store, [ObjectNotification(id: "arrivals", prefix: "in/", suffix: ".csv", target: .function(count))],
            memory: memory)
        try await host.run {
            await reports.wait(forCount: 1)
            // What begins does not end in the middle.
            while try await store.head("done/a.csv") == nil { await Task.yield() }
        }
        #expect(reports.all == ["in/a.csv 4"])
        #expect(playground.names(in: playground.root + "/in") == [])
    }
}
