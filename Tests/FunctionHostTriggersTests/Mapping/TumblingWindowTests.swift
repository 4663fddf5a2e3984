// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@testable import FunctionHostTriggers

/// Records reckoned together by the time of their arrival, in a host that runs.
@Suite("Tumbling windows", .simulated(seeds: 0..<10)) struct TumblingWindowTests {
    /// What a handler was given, in a line: the window's start in seconds since the test began, the state, the records.
    private static func line(_ batch: WindowBatch<[Int]>) -> String {
        let start = Simulation.start.duration(to: batch.window.start).components.seconds
        let end = batch.isFinal ? batch.isTerminatedEarly ? " early" : " final" : ""
        return "\(start): \(batch.state.map { "\($0)" } ?? "-") + \(batch.records.map(\.number))\(end)"
    }

    /// Maps the rig's stream to a function whose state is all numbers it has seen in the window.
    private static func map(
        _ rig: MappingRig, _ lines: Notes<String>, name: String = "sum", window: Duration = .seconds(60),
        configured change: (inout StreamMappingConfiguration) -> Void = { _ in },
        doing body: @escaping @Sendable (WindowBatch<[Int]>) throws -> Void = { _ in }
    ) throws -> StreamMapping {
        let sum = try rig.host.register("sum") { (batch: WindowBatch<[Int]>, _) in
            lines.add(line(batch))
            try body(batch)
            return (batch.state ?? []) + batch.records.map(\.number)
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.tumblingWindow = window
        change(&configuration)
        return try rig.host.map(
            rig.stream, to: sum, configuration: configuration,
            options: .init(name: "test", onFailure: rig.letters, checkpoints: rig.checkpoints))
    }

    @Test("The state goes from batch to batch, and the end of a window is told, with no records, when its time is over")
    func carries() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        _ = try Self.map(rig, lines)
        try await rig.host.run {
            rig.stream.put([1, 2])
            try await rig.pass(.seconds(10))
            rig.stream.put([3])
            try await rig.pass(.seconds(49))
            #expect(lines.all == ["0: - + [1, 2]", "0: [1, 2] + [3]"])
            try await rig.pass(.seconds(2))
            #expect(lines.all.last == "0: [1, 2, 3] + [] final")
            try await rig.pass(.seconds(60))
            #expect(lines.count == 3, "a window without records is not told of")
            rig.stream.put([4])
            try await rig.pass(.seconds(61))
        }
        #expect(lines.all.suffix(2) == ["120: - + [4]", "120: [4] + [] final"])
        #expect(try await rig.checkpoint() == .position(.after(SequenceNumber(low: 4))))
    }

    @Test("A batch holds records of one window only, and one that is over is ended before the next begins")
    func boundaries() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        for (number, second) in [0, 59, 60, 61, 180].enumerated() {
            rig.stream.put([number], at: Simulation.start.advanced(by: .seconds(second)))
        }
        _ = try Self.map(rig, lines)
        try await rig.host.run { try await rig.pass(.seconds(1)) }
        #expect(
            lines.all == [
                "0: - + [0, 1]", "0: [0, 1] + [] final", "60: - + [2, 3]", "60: [2, 3] + [] final", "180: - + [4]",
            ])
        let window = TumblingWindow(of: .seconds(60), around: Simulation.start.advanced(by: .seconds(180)))
        #expect(
            try await rig.checkpoint()
                == .inWindow(OpenWindow(window, state: Array("[4]".utf8)), .after(SequenceNumber(low: 5))))
    }

    @Test("A record that arrives late is reckoned in the window that is open")
    func late() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        for (number, second) in [70, 10, 71].enumerated() {
            rig.stream.put([number], at: Simulation.start.advanced(by: .seconds(second)))
        }
        _ = try Self.map(rig, lines)
        try await rig.host.run { try await rig.pass(.seconds(1)) }
        #expect(lines.all == ["60: - + [0, 1, 2]"])
    }

    @Test("A record that arrives when its window has ended is reckoned in the next one: an end is told once")
    func tooLate() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        _ = try Self.map(rig, lines)
        try await rig.host.run {
            rig.stream.put([1])
            try await rig.pass(.seconds(61))
            rig.stream.put([2], at: Simulation.start.advanced(by: .seconds(59)))
            try await rig.pass(.seconds(60))
        }
        #expect(lines.all == ["0: - + [1]", "0: [1] + [] final", "60: - + [2]", "60: [2] + [] final"])
    }

    @Test("A window waits for what had arrived by its end, though it be read later")
    func unread() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        _ = try Self.map(rig, lines)
        try await rig.host.run {
            rig.stream.put([1])
            try await rig.pass(.seconds(59))
            rig.stream.fail(5)
            rig.stream.put([2])
            try await rig.pass(.seconds(10))
        }
        #expect(lines.all == ["0: - + [1]", "0: [1] + [2]", "0: [1, 2] + [] final"])
    }

    @Test("A window ends though its time was over while the shard was being read")
    func endsDuringRead() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        _ = try Self.map(rig, lines)
        try await rig.host.run {
            // The record is there at 59 seconds, and that there is no other one at 63.
            try await rig.pass(.seconds(55))
            rig.stream.delayReads(by: .seconds(4))
            rig.stream.put([1])
            try await rig.pass(.seconds(30))
        }
        #expect(lines.all == ["0: - + [1]", "0: [1] + [] final"])
    }

    @Test(
        "A state is kept as it is, whatever it begins with",
        arguments: ["", " ", "{}", "a\u{301}", "\u{301}", "\u{200D}x", "\r\n", "\0", "1, window 2"])
    func keptState(text: String) async throws {
        let checkpoints = StoredCheckpoints(in: MemoryProgress())
        let window = TumblingWindow(of: .seconds(60), around: Simulation.start)
        let checkpoint = ShardCheckpoint.inWindow(OpenWindow(window, state: Array(text.utf8)), .oldest)
        try await checkpoints.save(checkpoint, of: "m", shard: ShardID("s"))
        #expect(try await checkpoints.checkpoints(of: "m") == [ShardID("s"): checkpoint])
    }

    private final class MemoryProgress: ProgressStore {
        private let kept = Notes<(String, String)>()

        func progress(of owner: String) async throws -> [String: String] {
            Dictionary(kept.all, uniquingKeysWith: { $1 })
        }
        func keep(_ text: String, for key: String, of owner: String) async throws { kept.add((key, text)) }
        func forgetProgress(of owner: String) async throws {}
    }

    @Test("Times at the ends of what can be told belong to a window", arguments: [Int64.min, -1, 0, .max])
    func farTimes(nanoseconds: Int64) async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        _ = try Self.map(rig, lines)
        let time = Timestamp(nanoseconds: nanoseconds)
        let window = TumblingWindow(of: .seconds(60), around: time)
        #expect(window.start <= time && window.start < window.end)
        try await rig.host.run {
            rig.stream.put([1], at: time)
            try await rig.pass(.seconds(1))
        }
        #expect(lines.count >= 1)
    }

    @Test("A shard that ends ends its window, and its children begin with a new one")
    func shardEnd() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        _ = try Self.map(rig, lines)
        try await rig.host.run {
            rig.stream.put([1])
            try await rig.pass(.seconds(1))
            rig.stream.add(ShardID("s1"), parents: [ShardID("s0")])
            rig.stream.put([2], to: 1)
            try await rig.pass(.seconds(1))
        }
        #expect(lines.all == ["0: - + [1]", "0: [1] + [] final", "0: - + [2]"])
        #expect(try await rig.checkpoint(0) == .finished)
    }

    @Test("The next host goes on with the state that the last one kept")
    func restart() async throws {
        let first = try MappingRig()
        let lines = Notes<String>()
        _ = try Self.map(first, lines)
        try await first.host.run {
            first.stream.put([1, 2])
            try await first.pass(.seconds(1))
        }
        let checkpoints = first.checkpoints
        let simulation = first.simulation
        let second = FunctionHost(system: .simulated(by: simulation))
        let sum = try second.register("sum") { (batch: WindowBatch<[Int]>, _) in
            lines.add(Self.line(batch))
            return (batch.state ?? []) + batch.records.map(\.number)
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.tumblingWindow = .seconds(60)
        try second.map(
            first.stream, to: sum, configuration: configuration, options: .init(name: "test", checkpoints: checkpoints))
        first.stream.put([3])
        try await second.run { try await simulation.advance(by: .seconds(120)) }
        #expect(lines.all == ["0: - + [1, 2]", "0: [1, 2] + [3]", "0: [1, 2, 3] + [] final"])
    }

    @Test("A batch that fails is tried again with the state it was tried with, and halves carry it on")
    func failures() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        rig.stream.put([1, 2, 3, 4])
        let failures = Countdown(2)
        _ = try Self.map(
            rig, lines, configured: { $0.bisectBatchOnFunctionError = true },
            doing: { batch in
                if batch.records.contains(where: { $0.number == 4 }), failures.take() { throw HandlerFailure() }
            })
        try await rig.host.run { try await rig.pass(.seconds(30)) }
        #expect(
            lines.all == [
                "0: - + [1, 2, 3, 4]", "0: - + [1, 2]", "0: [1, 2] + [3, 4]", "0: [1, 2] + [3]", "0: [1, 2, 3] + [4]",
            ])
    }

    @Test("A partial answer keeps the state with what is done")
    func partial() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        rig.stream.put([1, 2, 3])
        let failures = Countdown(1)
        let sum = try rig.host.register("sum") { (batch: WindowBatch<[Int]>, _) in
            lines.add(Self.line(batch))
            let numbers = batch.records.map(\.number)
            guard numbers.contains(2), failures.take() else {
                return WindowBatchResult(state: (batch.state ?? []) + numbers)
            }
            return WindowBatchResult(state: [1], records: .failed(from: batch.records[1].sequenceNumber))
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.tumblingWindow = .seconds(60)
        try rig.host.map(rig.stream, to: sum, configuration: configuration, options: .init(name: "test"))
        try await rig.host.run { try await rig.pass(.seconds(10)) }
        #expect(lines.all == ["0: - + [1, 2, 3]", "0: [1] + [2, 3]"])
    }

    @Test("The end of a window is tried until it succeeds, and blocks the shard meanwhile")
    func finalFails() async throws {
        let rig = try MappingRig()
        let lines = Notes<String>()
        let failures = Countdown(2)
        _ = try Self.map(rig, lines, doing: { if $0.isFinal, failures.take() { throw HandlerFailure() } })
        rig.stream.put([1])
        rig.stream.put([2], at: Simulation.start.advanced(by: .seconds(60)))
        try await rig.host.run { try await rig.pass(.seconds(20)) }
        let final = "0: [1] + [] final"
        #expect(lines.all == ["0: - + [1]", final, final, final, "60: - + [2]"])
    }

    @Test("An end that is given up is told with the window's state, and only then is the window closed")
    func finalGivenUp() async throws {
        let rig = try MappingRig(letters: Letters(failures: Countdown(2)))
        let lines = Notes<String>()
        _ = try Self.map(
            rig, lines, configured: { $0.maximumRetryAttempts = 1 }, doing: { if $0.isFinal { throw HandlerFailure() } }
        )
        rig.stream.put([1])
        rig.stream.put([2], at: Simulation.start.advanced(by: .seconds(60)))
        try await rig.host.run { try await rig.pass(.seconds(20)) }
        #expect(lines.all == ["0: - + [1]", "0: [1] + [] final", "0: [1] + [] final", "60: - + [2]"])
        let letter = try #require(rig.letters.all.all.first)
        #expect(letter.contains(#""condition":"RetryAttemptsExhausted","approximateInvokeCount":2"#))
        #expect(letter.contains(#""batchSize":0,"#))
        let start = Simulation.start.iso8601.dropLast(5) + "Z"
        #expect(letter.contains(#""window":{"start":"\#(start)","#))
        #expect(letter.hasSuffix(#","state":[1]}"#))
    }

    @Test("A state that becomes too large ends its window early, and what comes begins with none")
    func tooLarge() async throws {
        let rig = try MappingRig()
        let notes = Notes<String>()
        let big = try rig.host.register("big") { (batch: WindowBatch<String>, _) in
            notes.add(
                "\(batch.records.map(\.number)) \(batch.state?.utf8.count ?? -1) \(batch.isFinal) \(batch.isTerminatedEarly)"
            )
            return String(repeating: "x", count: 600_000 * ((batch.state?.utf8.count ?? 0) / 600_000 + 1))
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.tumblingWindow = .seconds(60)
        configuration.batchSize = 1
        try rig.host.map(rig.stream, to: big, configuration: configuration)
        rig.stream.put([1, 2, 3])
        try await rig.host.run { try await rig.pass(.seconds(61)) }
        #expect(
            notes.all == [
                "[1] -1 false false", "[2] 600000 false false", "[] 1200000 true true", "[3] -1 false false",
                "[] 600000 true false",
            ])
    }

    @Test("A mapping that has no windows any more ends the one that was open")
    func turnedOff() async throws {
        let rig = try MappingRig()
        let events = Notes<String>()
        try rig.host.register(raw: "log") { event, _ in
            let text = String(decoding: event, as: UTF8.self)
            events.add(text.contains("\"window\"") ? text.contains("ForWindow\":true") ? "final" : "window" : "plain")
            return Array(#"{"state":{}}"#.utf8)
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.tumblingWindow = .seconds(60)
        let mapping = try rig.host.map(rig.stream, toFunctionNamed: "log", configuration: configuration)
        try await rig.host.run {
            rig.stream.put([1])
            try await rig.pass(.seconds(1))
            try mapping.update {
                $0.tumblingWindow = nil
                $0.parallelizationFactor = 4
            }
            try await rig.pass(.seconds(1))
            rig.stream.put([2])
            try await rig.pass(.seconds(1))
        }
        #expect(events.all == ["window", "final", "plain"])
    }

    @Test("An event tells the window as the service does, and an answer without a state has failed")
    func events() async throws {
        let rig = try MappingRig()
        let events = Notes<String>()
        let missing = Countdown(1)
        try rig.host.register(raw: "log") { event, _ in
            let text = String(decoding: event, as: UTF8.self)
            events.add(text[(text.firstRange(of: "]")!.upperBound)...].description)
            if missing.take() { return Array("{}".utf8) }
            return Array(#"{"state": {"n": 1.50}, "batchItemFailures": []}"#.utf8)
        }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.tumblingWindow = .seconds(900)
        try rig.host.map(rig.stream, toFunctionNamed: "log", configuration: configuration)
        rig.stream.put([1])
        try await rig.host.run {
            try await rig.pass(.seconds(10))
            rig.stream.put([2])
            try await rig.pass(.seconds(900))
        }
        let window = TumblingWindow(of: .seconds(900), around: Simulation.start)
        let times =
            #","window":{"start":"\#(window.start.iso8601.dropLast(5))Z","end":"\#(window.end.iso8601.dropLast(5))Z"}"#
        let source = #","shardId":"s0","eventSourceARN":"\#(rig.stream.arn)""#
        func event(_ state: String, final: Bool) -> String {
            times + #","state":\#(state)"# + source
                + #","isFinalInvokeForWindow":\#(final),"isWindowTerminatedEarly":false}"#
        }
        #expect(
            events.all == [
                event("{}", final: false), event("{}", final: false), event(#"{"n": 1.50}"#, final: false),
                event(#"{"n": 1.50}"#, final: true),
            ])
    }

    @Test(
        "What cannot be is refused",
        arguments: [Duration.zero, .milliseconds(1_500), .seconds(901)])
    func refused(window: Duration) throws {
        let rig = try MappingRig()
        #expect(throws: FunctionHostError.self) { try Self.map(rig, Notes(), window: window) }
    }

    @Test("Windows need a function that keeps their state, one batch at a time, and such a function needs windows")
    func needs() throws {
        let rig = try MappingRig()
        #expect(throws: FunctionHostError.self) {
            try Self.map(rig, Notes(), configured: { $0.parallelizationFactor = 2 })
        }
        let other = try MappingRig()
        #expect(throws: FunctionHostError.self) {
            try Self.map(other, Notes(), configured: { $0.tumblingWindow = nil })
        }
        let third = try MappingRig()
        #expect(throws: FunctionHostError.self) { try third.map(configured: { $0.tumblingWindow = .seconds(60) }) }
    }

    @Test(
        "Times are in the window that is aligned to 1970, also before it",
        arguments: [(0, 0), (59, 0), (60, 60), (-1, -60), (-60, -60), (-61, -120)])
    func alignment(second: Int64, start: Int64) {
        let window = TumblingWindow(of: .seconds(60), around: Timestamp(nanoseconds: second * 1_000_000_000))
        #expect(window.start == Timestamp(nanoseconds: start * 1_000_000_000))
        #expect(window.start.duration(to: window.end) == .seconds(60))
    }
}
