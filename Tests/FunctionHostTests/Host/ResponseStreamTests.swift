// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

/// Functions that answer chunk by chunk, and readers who keep up, fall behind or leave.
@Suite("Response streams", .simulated(seeds: 0..<20)) struct ResponseStreamTests {
    private static func counting(
        on host: FunctionHost, _ configuration: FunctionConfiguration = .init(timeout: .seconds(60)),
        written: Notes<Int> = Notes()
    ) throws -> StreamingFunction<Int, Int> {
        try host.register("count", configuration: configuration) { (limit: Int, numbers: ResponseWriter<Int>, _) in
            for number in 0..<limit {
                try await numbers.write(number)
                written.add(number)
            }
        }
    }

    @Test("Chunks arrive in order, all of them, and the body's result is the stream's")
    func order() async throws {
        let host = FunctionHost(system: .simulated)
        let count = try Self.counting(on: host)
        let numbers = try await host.stream(count, with: 100) { stream in
            try await stream.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers == Array(0..<100))
    }

    @Test("A handler that writes nothing gives an empty stream")
    func empty() async throws {
        let host = FunctionHost(system: .simulated)
        let count = try Self.counting(on: host)
        let isEmpty = try await host.stream(count, with: 0) { stream in
            var iterator = stream.makeAsyncIterator()
            let first = try await iterator.next()
            let second = try await iterator.next()
            return first == nil && second == nil
        }
        #expect(isEmpty)
    }

    @Test("An error in the middle arrives after the chunks before it, unchanged")
    func errorAfterChunks() async throws {
        let host = FunctionHost(system: .simulated)
        let fail = try host.register("fail" as StreamingFunction<Void, Int>) { _, numbers, _ in
            for number in 0..<10 { try await numbers.write(number) }
            throw HandlerFailure("at ten")
        }
        let read = Notes<Int>()
        await #expect(throws: HandlerFailure("at ten")) {
            try await host.stream(fail, with: ()) { stream in
                for try await number in stream { read.add(number) }
            }
        }
        #expect(read.all == Array(0..<10))
    }

    @Test("The handler is never further ahead than the buffer", arguments: [1, 4, 16])
    func backPressure(buffer: Int) async throws {
        var configuration = FunctionHost.Configuration()
        configuration.streamBuffer = buffer
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let written = Notes<Int>()
        let count = try Self.counting(on: host, written: written)
        try await host.stream(count, with: 50) { stream in
            var read = 0
            for try await _ in stream {
                read += 1
                try await pass(.milliseconds(100))
                #expect(written.count == min(50, read + buffer))
            }
            #expect(read == 50)
        }
    }

    @Test("A reader who leaves cancels the handler, and nothing of it goes on behind")
    func leaving() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let ended = Notes<Bool>()
        let endless = try host.register("endless" as StreamingFunction<Void, Int>) { _, numbers, context in
            defer { ended.add(Task.isCancelled) }
            for number in 0... {
                try await context.sleep(for: .milliseconds(100))
                try await numbers.write(number)
            }
        }
        let second = try await host.stream(endless, with: ()) { stream in
            for try await number in stream where number == 1 { return number }
            return -1
        }
        #expect(second == 1)
        #expect(ended.all == [true])
        #expect(events.outcomes() == [.cancelled])
        #expect(try host.describe("endless").concurrentExecutions == 0)
    }

    @Test("What the body throws is what the caller gets, and the handler is cancelled")
    func bodyThrows() async throws {
        let events = EventRecorder()
        let host = FunctionHost(observers: [events], system: .simulated)
        let count = try Self.counting(on: host)
        await #expect(throws: HandlerFailure("enough")) {
            try await host.stream(count, with: 1_000) { stream in
                for try await number in stream where number == 3 { throw HandlerFailure("enough") }
            }
        }
        #expect(events.outcomes() == [.cancelled])
    }

    @Test("A timeout covers the whole response, and comes after the chunks in time")
    func timeout() async throws {
        let host = FunctionHost(system: .simulated)
        let slow = try host.register("slow" as StreamingFunction<Void, Int>, configuration: .init(timeout: .seconds(3)))
        {
            _, numbers, context in
            for number in 0..<10 {
                try await numbers.write(number)
                try await context.sleep(for: .milliseconds(800))
            }
        }
        let read = Notes<Int>()
        await expectError(.timedOut, of: "slow", saying: "3.00 seconds") {
            try await host.stream(slow, with: ()) { stream in
                for try await number in stream { read.add(number) }
            }
        }
        #expect(read.all == [0, 1, 2, 3])
    }

    @Test("A stream holds its permit until it has ended")
    func permit() async throws {
        let host = FunctionHost(system: .simulated)
        let count = try Self.counting(on: host, .init(timeout: .seconds(60), reservedConcurrency: 1))
        try await host.stream(count, with: 100) { stream in
            for try await number in stream where number == 10 {
                await expectError(.throttled, of: "count", saying: "used up") {
                    try await host.stream(count, with: 1) { _ in Issue.record("the body of a refused stream ran") }
                }
            }
        }
        try await host.stream(count, with: 1) { _ in }
    }

    @Test("A writer that outlives its handler is told that nobody reads any more")
    func escapedWriter() async throws {
        let host = FunctionHost(system: .simulated)
        let escaped = Notes<ResponseWriter<Int>>()
        let leak = try host.register("leak" as StreamingFunction<Void, Int>) { _, numbers, _ in escaped.add(numbers) }
        try await host.stream(leak, with: ()) { stream in for try await _ in stream {} }
        let writer = try #require(escaped.last)
        await expectError(.streamClosed, of: nil, saying: "the reader of the response stream has left") {
            try await writer.write(1)
        }
    }

    @Test("Streams on the bulkhead read the same, and end at the deadline whatever their handler does")
    func bulkhead() async throws {
        let host = FunctionHost(system: .simulated)
        let gate = Gate()
        let stuck = try host.register(
            "stuck" as StreamingFunction<Void, Int>, configuration: .init(timeout: .seconds(2), placement: .bulkhead)
        ) { _, numbers, _ in
            try await numbers.write(1)
            await gate.pass()
        }
        try await host.run {
            let read = Notes<Int>()
            let took = try await timed {
                await expectError(.timedOut, of: "stuck", saying: "2.00 seconds") {
                    try await host.stream(stuck, with: ()) { stream in
                        for try await number in stream { read.add(number) }
                    }
                }
            }
            #expect(took == .seconds(2))
            #expect(read.all == [1])
            gate.open()
        }
    }
}
