// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The store in a file against SQLite by hand, with the same settings and on the same disk.
func measureSQLite(_ arguments: Arguments) async throws -> Bool {
    let directory = ScratchFiles()
    let bench = try StoreBench(directory)
    let raw = RawQueue(path: directory.file("raw.db"))
    let oneRow = Operation("a raw transaction of one row", batch: 1) { _ in raw.append(1) }
    var comparison = Comparison(
        baseline: oneRow, operations: [bench.append(goal: 1.25, callers: 1), bench.append(goal: 0.1, callers: 100)])
    comparison.rounds = 15
    try await comparison.report("sqlite: an event of 200 bytes appended, safe from a power cut", arguments)
    await bench.empty()
    comparison = Comparison(
        baseline: Operation("a row inserted, claimed and deleted, raw and 100 at a time", batch: 100) {
            raw.cycle($0)
        },
        operations: [bench.cycle(goal: 2.5, callers: 256)])
    comparison.rounds = 15
    comparison.slice = 100e6
    try await comparison.report("sqlite: an event appended, leased and settled, 256 callers", arguments)
    let p99 = bench.latencies.milliseconds(99)
    print("  \(p99.fixed(1)) ms  \(Verdict(p99, goal: 15))  p99 of a cycle")
    let statistics = bench.store.statistics
    print("  \(Double(statistics.operations) / Double(max(1, statistics.commits))) calls share a transaction")
    await bench.store.close()
    return true
}

/// A million events: how long until the first lease, and how much memory.
func measureMillion(_ arguments: Arguments) async throws -> Bool {
    let directory = ScratchFiles()
    let count = arguments.count ?? 1_000_000
    let bench = try StoreBench(directory)
    print("\nsqlite: \(count) events queued")
    try await bench.fill(1_000)
    let few = residentBytes() ?? 0
    var began = ContinuousClock.now
    try await bench.fill(count - 1_000)
    let seconds = (ContinuousClock.now - began).nanoseconds / 1e9
    let growth = Double((residentBytes() ?? 0) - few) / 1e6
    print("  \((Double(count) / seconds / 1_000).fixed(1)) k/s  (reported)  appended, 1,000 at a time")
    print(
        "  \(growth.fixed(1)) MB  \(Verdict(growth, goal: 32))  memory more than with 1,000 (a cache of 16 MiB included)"
    )
    await bench.store.close()
    began = ContinuousClock.now
    let store = try SQLiteStore(path: directory.file("store.db"))
    let answer = try await store.lease(LeaseRequest(end: bench.later(6)), now: bench.later(0))
    let open = (ContinuousClock.now - began).nanoseconds / 1e9
    print("  \(open.fixed(3)) s  \(Verdict(open, goal: 2))  opened and the first of them leased")
    await store.close()
    return growth < 32 && answer.leases.count == 1
}

/// A store, and what is done with it.
private struct StoreBench: Sendable {
    let store: SQLiteStore
    let latencies = Latencies()
    private let numbers = Atomics()
    private static let payload = [UInt8](repeating: UInt8(ascii: "x"), count: 200)

    init(_ directory: ScratchFiles) throws {
        store = try SQLiteStore(path: directory.file("store.db"))
    }

    func later(_ seconds: Int64) -> Timestamp {
        SystemClock().wallTime.advanced(by: .seconds(seconds))
    }

    private func event() -> QueuedEvent {
        let number = numbers.next()
        let now = SystemClock().wallTime
        return QueuedEvent(
            id: InvocationID(number: number, seed: 1), functionName: "work",
            payload: .bytes(Self.payload), enqueuedAt: now, dueAt: now, expiresAt: now.advanced(by: .seconds(21_600)))
    }

    private var room: QueueRoom { QueueRoom(events: .max, bytes: .max) }

    func append(goal: Double, callers: Int) -> Operation {
        Operation("append, callers: \(callers)", goal: goal, callers: callers) { value in
            let event = event()
            _ = try await store.append([event], room: room, now: event.enqueuedAt)
            return value
        }
    }

    func cycle(goal: Double, callers: Int) -> Operation {
        Operation("append, lease and settle, callers: \(callers)", goal: goal, callers: callers) { value in
            let began = ContinuousClock.now
            let event = event()
            let now = event.enqueuedAt
            _ = try await store.append([event], room: room, now: now)
            let request = LeaseRequest(end: now.advanced(by: .seconds(60)))
            // Another caller may have been quicker, and its event comes a little later.
            var answer = try await store.lease(request, now: now)
            while answer.leases.isEmpty { answer = try await store.lease(request, now: later(0)) }
            _ = try await store.settle(Settlement(answer.leases[0].token, .completed), now: now)
            latencies.add(ContinuousClock.now - began)
            return value
        }
    }

    func fill(_ count: Int) async throws {
        var left = count
        while left > 0 {
            let events = (0..<min(1_000, left)).map { _ in event() }
            _ = try await store.append(events, room: room, now: events[0].enqueuedAt)
            left -= events.count
        }
    }

    /// Ends everything that waits.
    func empty() async {
        while let leases = try? await store.lease(LeaseRequest(count: 1_000, end: later(60)), now: later(0)).leases,
            !leases.isEmpty
        {
            await withDiscardingTaskGroup { group in
                for lease in leases {
                    group.addTask { _ = try? await store.settle(Settlement(lease.token, .completed), now: later(0)) }
                }
            }
        }
    }
}

private final class Atomics: Sendable {
    private let value = Atomic<UInt64>(0)
    func next() -> UInt64 { value.add(1, ordering: .relaxed).newValue }
}

/// A directory for the files of a measurement, on the disk that `TMPDIR` names.
final class ScratchFiles {
    let path: String

    init() {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/functionhost-bench-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no directory in \(parent)")
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for name in ["raw.db", "store.db"] {
            for ending in ["", "-wal", "-shm"] { unlink(file(name + ending)) }
        }
        rmdir(path)
    }

    func file(_ name: String) -> String { path + "/" + name }
}
