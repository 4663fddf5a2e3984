// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Memory per suspended invocation, per finished one, and per waiting caller, each in a process of its own.
func measureMemory(_ arguments: Arguments) async throws -> Bool {
    print("\nmemory: bytes each")
    guard residentBytes() != nil else {
        print("  not measured here")
        return true
    }
    var holds = true
    for kind in MemoryKind.allCases {
        // One after the other, and all of them.
        if !runAgain([kind.rawValue, "--gate", "--child"]) { holds = false }
    }
    return holds
}

/// What memory is asked for; each is a section, so that a fresh process can be told to measure it.
enum MemoryKind: String, CaseIterable {
    case suspended = "memory-suspended"
    case finished = "memory-finished"
    case raced = "memory-raced"
    case waiting = "memory-waiting"
    case queued = "memory-queued"

    static let sections = allCases.map { kind in
        Section(name: kind.rawValue, isDefault: false) { _ in try await kind.measure() }
    }

    private func measure() async throws -> Bool {
        switch self {
        case .suspended:
            return show(try await bytesPerSuspended(), goal: 3_584, "a suspended invocation, beyond its caller's task")
        case .finished: return show(try await bytesPerFinished(), goal: 16, "a finished call whose timeout is 120 s")
        case .raced: return show(try await bytesPerRaced(), goal: nil, "the same by a race with a sleep")
        case .queued:
            return show(try await bytesPerQueued(), goal: 200, "a queued event of a million, beside its payload")
        case .waiting: return show(try await bytesPerWaiting(), goal: nil, "a waiting caller, beyond its task")
        }
    }

    private func show(_ bytes: Double, goal: Double?, _ what: String) -> Bool {
        let verdict = Verdict(bytes, goal: goal)
        print("  \(bytes.fixed(1))  \(verdict)  \(what)")
        return verdict.isGood
    }
}

/// Callers wait in their tasks; then they invoke, and wait in the handler.
private func bytesPerSuspended() async throws -> Double {
    let count = 50_000
    let (outside, inside) = (WaitingRoom(), WaitingRoom())
    let host = FunctionHost(configuration: .init(concurrency: count * 2), observers: [Metrics(), Meter()])
    let function = try host.register("wait", configuration: .init(timeout: .seconds(120))) { (value: Int, _) in
        await inside.wait()
        return value
    }
    return try await grown(per: count, outside) {
        try await host.invoke(function, with: $0)
    } until: {
        await inside.waitUntil(inside: count)
    } finally: {
        inside.open()
    }
}

/// Callers wait in their tasks; then they wait for room.
private func bytesPerWaiting() async throws -> Double {
    let count = 50_000
    let (outside, inside) = (WaitingRoom(), WaitingRoom())
    let host = FunctionHost()
    var configuration = FunctionConfiguration(timeout: nil, reservedConcurrency: 1)
    configuration.saturation = .wait(atMost: .seconds(120))
    let function = try host.register("full", configuration: configuration) { (value: Int, _) in
        await inside.wait()
        return value
    }
    return try await grown(per: count, outside) {
        try await host.invoke(function, with: $0)
    } until: {
        await inside.waitUntil(inside: 1)
        try? await Task.sleep(for: .seconds(2))
    } finally: {
        inside.open()
    }
}

/// How much the process grows for each of `count` callers while they do something.
private func grown(
    per count: Int, _ outside: WaitingRoom, _ call: @escaping @Sendable (Int) async throws -> Int,
    until isThere: () async -> Void, finally finish: () -> Void
) async throws -> Double {
    try await withThrowingDiscardingTaskGroup { group in
        for number in 0..<count {
            group.addTask {
                await outside.wait()
                _ = try await call(number)
            }
        }
        await outside.waitUntil(inside: count)
        let before = residentBytes() ?? 0
        outside.open()
        await isThere()
        let after = residentBytes() ?? 0
        finish()
        return Double(after - before) / Double(count)
    }
}

private func bytesPerFinished() async throws -> Double {
    let host = FunctionHost(observers: [Metrics(), Meter()])
    let function = try host.register("yield", configuration: .init(timeout: .seconds(120))) { (value: Int, _) in
        await Task.yield()
        return value
    }
    return try await kept { try await host.invoke(function, with: $0) }
}

private func bytesPerRaced() async throws -> Double {
    let racer = Racer(limit: 4_000)
    return try await kept { value in
        try await racer.run(timeout: .seconds(120)) {
            await Task.yield()
            return value
        }
    }
}

/// How much the process keeps for each of many calls that have ended.
private func kept(_ call: @Sendable (Int) async throws -> Int) async throws -> Double {
    let count = 300_000
    for number in 0..<20_000 { _ = try await call(number) }
    let before = residentBytes() ?? 0
    for number in 0..<count { _ = try await call(number) }
    return Double((residentBytes() ?? 0) - before) / Double(count)
}

/// Events that share one payload wait in the store in memory, the last of them for a time.
private func bytesPerQueued() async throws -> Double {
    let count = 1_000_000
    let (store, payload) = (InMemoryStore(), EventPayload.bytes([1]))
    let now = Timestamp(nanoseconds: 1_767_225_600_000_000_000)
    let before = residentBytes() ?? 0
    for number in 0..<count {
        let bits = UInt64(number)
        let event = QueuedEvent(
            id: InvocationID(number: bits, seed: 1), functionName: "function",
            payload: payload, enqueuedAt: now, dueAt: now.advanced(by: .milliseconds(max(0, number - count / 2))),
            expiresAt: now.advanced(by: .seconds(21_600)))
        _ = try await store.append([event], room: QueueRoom(events: .max, bytes: .max), now: now)
    }
    let after = residentBytes() ?? 0
    consume(store)
    return Double(after - before) / Double(count)
}
