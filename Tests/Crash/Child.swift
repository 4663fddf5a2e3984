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

/// The process that is to be ended: several tasks use a store, and say on standard output what they are about to do and what
/// the store has acknowledged.
///
/// Each line is a letter and the number of an event, written in one piece. Small letters tell intents, capitals what is certain:
///
///     a A F   it is appended, was, was refused        e E G   it ends, has ended, it has not
///     d D     it becomes a dead letter, is one        v V     it is sent again, was
///     r       its attempt is taken back               L       it was leased, with the number of the attempt
///     O       the process has done everything
struct Child: Sendable {
    /// The exit code of a process whose store was refused to it.
    static let cannotOpen: Int32 = 3

    private let store: SQLiteStore
    private let round: Int
    private let seed: UInt64
    private let tasks: Int
    private let operations: Int
    private let counter: NumberSource
    private let diesOfRefusal: Bool

    init(_ words: Words) throws(StoreError) {
        var configuration = SQLiteStore.Configuration()
        if words.text("durability") == "weak" { configuration.durability = .losesLastEventsOnPowerCut }
        // Small, so that the log is often written into the file.
        configuration.logBytes = words.number("log", or: 256 << 10)
        round = words.number("round", or: 0)
        seed = UInt64(words.number("seed", or: 1))
        tasks = words.number("tasks", or: 1)
        operations = words.number("operations", or: .max)
        counter = NumberSource(words.number("first", or: 0))
        diesOfRefusal = words.text("refusal") == "deadly"
        store = try SQLiteStore(path: words.text("file") ?? "", configuration: configuration)
    }

    func run() async {
        // Whoever ran before is dead, and its leases are over.
        await attempt { _ = try await store.rescue(now: now.advanced(by: .seconds(100))) }
        await withDiscardingTaskGroup { group in
            for number in 0..<tasks {
                group.addTask { await work(SplitMix64(seed: seed &* 1_000 &+ UInt64(number))) }
            }
        }
        await store.close()
        say("O", 0)
    }

    private func work(_ random: SplitMix64) async {
        var random = random
        for _ in 0..<operations {
            switch random.next() % 100 {
            case 0..<42: await append(&random)
            case 42..<90: await serve(&random)
            case 90..<95: await redrive()
            case 95: await attempt { _ = try await store.rescue(now: now.advanced(by: .seconds(10))) }
            default: await attempt { _ = try await store.figures(now: now) }
            }
        }
    }

    // MARK: - What it does

    private func append(_ random: inout SplitMix64) async {
        let count = random.next() % 10 == 0 ? 3 : 1
        let numbers = (0..<count).map { _ in counter.next() }
        let events = numbers.map { event($0, &random) }
        for number in numbers { say("a", number) }
        do {
            _ = try await store.append(events, room: QueueRoom(events: .max, bytes: .max), now: now)
            for number in numbers { say("A", number) }
        } catch {
            for number in numbers { say("F", number) }
            refused()
        }
    }

    private func event(_ number: Int, _ random: inout SplitMix64) -> QueuedEvent {
        var details = EventDetails()
        if random.next() % 8 == 0 { details.orderingKey = "key\(random.next() % 5)" }
        if random.next() % 16 == 0 { details.idempotencyKey = "\(number)" }
        if random.next() % 8 == 0 { details.priority = EventPriority(clamping: Int(random.next() % 5) - 2) }
        let size = random.next() % 32 == 0 ? 3_000 : Int(random.next() % 200)
        let payload = "\(number) " + String(repeating: "x", count: size)
        let due = random.next() % 8 == 0 ? now.advanced(by: .seconds(1)) : now
        return QueuedEvent(
            id: .numbered(number), functionName: "f\(random.next() % 3)", payload: .bytes(Array(payload.utf8)),
            enqueuedAt: now, dueAt: due, expiresAt: now.advanced(by: .seconds(3_600)), details: details)
    }

    private func serve(_ random: inout SplitMix64) async {
        let request = LeaseRequest(count: Int(random.next() % 4) + 1, end: now.advanced(by: .seconds(6)))
        guard let leases = try? await store.lease(request, now: now.advanced(by: .seconds(2))).leases else { return }
        for lease in leases {
            let number = Self.number(of: lease.event)
            say("L", number, lease.attempt)
            await settle(lease, number, &random)
        }
    }

    private func settle(_ lease: Lease, _ number: Int, _ random: inout SplitMix64) async {
        let attempt = AttemptRecord(
            number: lease.attempt, startedAt: now, duration: .milliseconds(1), outcome: .failed, errorType: "Refused")
        switch random.next() % 20 {
        case 0..<2: await settle(lease, .retry(at: now.advanced(by: .seconds(1))), attempt)
        case 2:
            say("r", number)
            await settle(lease, .released(at: now))
        case 3..<5:
            say("d", number)
            if await settle(lease, .dead(.retriesExhausted, isKept: true), attempt) { say("D", number) }
        case 5..<7:
            let next = counter.next()
            say("e", number)
            say("a", next)
            let follow = event(next, &random)
            let end: Settlement.End = random.next() % 2 == 0 ? .completed : .dead(.processEnded, isKept: false)
            if await settle(lease, end, followUps: [follow], ending: number) {
                say("E", number)
                say("A", next)
            }
        default:
            say("e", number)
            if await settle(lease, .completed, ending: number) { say("E", number) }
        }
    }

    @discardableResult
    private func settle(
        _ lease: Lease, _ end: Settlement.End, _ attempt: AttemptRecord? = nil, followUps: [QueuedEvent] = [],
        ending number: Int? = nil
    ) async -> Bool {
        let settlement = Settlement(lease.token, end, attempt: attempt, followUps: followUps)
        // Whether the lease was over, or the store has failed: an error is what a failing disk gives.
        if let isSettled = try? await store.settle(settlement, now: now), isSettled { return true }
        if let number {
            // It has not ended then, and what would have followed is not there.
            say("G", number)
            for event in followUps { say("F", Self.number(of: event)) }
            refused()
        }
        return false
    }

    private func refused() {
        if diesOfRefusal { kill(getpid(), SIGKILL) }
    }

    private func redrive() async {
        let page = try? await store.deadLetters(matching: .init(), after: nil, limit: 3)
        for letter in page?.letters ?? [] {
            let number = Self.number(of: letter.event)
            say("v", number)
            await attempt {
                if try await store.redrive([letter.id], now: now).count == 1 { say("V", number) }
            }
        }
    }

    /// Errors are what a failing disk gives; what matters is what is there afterwards.
    private func attempt(_ body: () async throws -> Void) async {
        do { try await body() } catch {}
    }

    // MARK: - Its words

    /// Each process lives long after the one before.
    private var now: Timestamp { Timestamp(nanoseconds: 1_800_000_000_000_000_000 + Int64(round) * 1_000_000_000_000) }

    private static func number(of event: QueuedEvent) -> Int {
        guard case .bytes(let bytes) = event.payload else { return -1 }
        return Int(String(decoding: bytes.prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)) ?? -1
    }

    private func say(_ letter: String, _ number: Int, _ more: Int? = nil) {
        var line = "\(letter) \(number)" + (more.map { " \($0)" } ?? "") + "\n"
        line.withUTF8 { bytes in _ = write(STDOUT_FILENO, bytes.baseAddress, bytes.count) }
    }
}

final class NumberSource: Sendable {
    private let last: Atomic<Int>
    init(_ first: Int) { last = Atomic(first) }
    func next() -> Int { last.add(1, ordering: .relaxed).newValue }
}

extension InvocationID {
    static func numbered(_ number: Int) -> Self {
        Self(high: SplitMix64.mix(UInt64(number)), low: SplitMix64.mix(~UInt64(number)))
    }
}
