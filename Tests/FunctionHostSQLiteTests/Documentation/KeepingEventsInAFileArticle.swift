// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Testing

/// The code of the article *Keeping events in a file*.
@Suite struct KeepingEventsInAFileArticle {
    let directory = TemporaryDirectory()
    let room = QueueRoom(events: 100, bytes: 1 << 20)
    let now = Timestamp.second(0)

    @Test func durable() async throws {
        let path = directory.file()
        let event = QueuedEvent.event(1)
        let store = try SQLiteStore(path: path)
        _ = try await store.append([event], room: room, now: now)
        // Whatever happens from here on, the event is there.
        #expect(try await SQLiteStore(path: path).status(of: event.id) != nil)
    }

    @Test func quicker() async throws {
        let path = directory.file()
        var configuration = SQLiteStore.Configuration()
        configuration.durability = .losesLastEventsOnPowerCut
        let quick = try SQLiteStore(path: path, configuration: configuration)
        _ = try await quick.append([.event(1)], room: room, now: now)
    }
}
