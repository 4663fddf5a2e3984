// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct ResponseChannelTests {
    /// Runs `body` in a task that is cancelled from the beginning.
    private func cancelled<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async -> Result<Value, any Error> {
        await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await body()
        }.result
    }

    @Test("Chunks pass from writer to reader in order, and the end after them", arguments: [1, 2, 100])
    func passage(capacity: Int) async throws {
        let channel = ResponseChannel<Int>(capacity: capacity)
        async let writing: Void = {
            for chunk in 0..<50 { try await channel.write(chunk) }
            channel.finish(nil)
        }()
        var chunks: [Int] = []
        for try await chunk in ResponseStream(channel: channel) { chunks.append(chunk) }
        try await writing
        #expect(chunks == Array(0..<50))
    }

    @Test("An error arrives after the chunks that were written before it")
    func error() async throws {
        let channel = ResponseChannel<Int>(capacity: 4)
        try await channel.write(1)
        channel.finish(Boom())
        #expect(try await channel.read() == 1)
        await #expect(throws: Boom()) { try await channel.read() }
        #expect(try await channel.read() == nil)
    }

    @Test("A write after the reader has left is refused")
    func refused() async {
        let channel = ResponseChannel<Int>(capacity: 4)
        channel.close()
        let error = await #expect(throws: FunctionHostError.self) { try await channel.write(1) }
        #expect(error?.code == .streamClosed)
    }

    @Test("A cancelled reader throws and takes no chunk with it")
    func cancelledReader() async throws {
        let channel = ResponseChannel<Int>(capacity: 1)
        let result = await cancelled { try await channel.read() }
        #expect(throws: CancellationError.self) { try result.get() }
        try await channel.write(1)
        channel.finish(nil)
        #expect(try await channel.read() == 1)
        #expect(try await channel.read() == nil)
    }

    @Test("The handler's error is not told to a reader who was cancelled, but to the next who reads")
    func errorAfterCancelledReader() async {
        let channel = ResponseChannel<Int>(capacity: 1)
        _ = await cancelled { try await channel.read() }
        channel.finish(Boom())
        await #expect(throws: Boom()) { try await channel.read() }
    }

    @Test("A cancelled writer throws and writes nothing, whether there is room or not", arguments: [1, 2])
    func cancelledWriter(capacity: Int) async throws {
        let channel = ResponseChannel<Int>(capacity: capacity)
        try await channel.write(1)
        let result = await cancelled { try await channel.write(2) }
        #expect(throws: CancellationError.self) { try result.get() }
        channel.finish(nil)
        #expect(try await channel.read() == 1)
        #expect(try await channel.read() == nil)
    }

    @available(macOS 26, *)
    @Test("Closing tells a reader who waits that there is nothing more to come", .timeLimit(.minutes(25)))
    func closeWhileReading() async throws {
        let channel = ResponseChannel<Int>(capacity: 1)
        // Immediate: it has asked for a chunk and waits when the next line runs.
        let reader = Task.immediate { try await channel.read() }
        channel.close()
        #expect(try await reader.value == nil)
    }

    @available(macOS 26, *)
    @Test("A writer who is cancelled while it waits lets the others go on")
    func cancelledWhileWaiting() async throws {
        let channel = ResponseChannel<Int>(capacity: 1)
        try await channel.write(1)
        let first = Task.immediate { try await channel.write(2) }
        let second = Task.immediate { try await channel.write(3) }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(try await channel.read() == 1)
        #expect(try await channel.read() == 3)
        try await second.value
    }

    /// On the main actor, so that the writer woken by the first reading has not run yet when it is cancelled.
    @available(macOS 26, *)
    @MainActor
    @Test("A writer who is cancelled in the moment of its turn passes it on", .timeLimit(.minutes(25)))
    func cancelledAtItsTurn() async throws {
        let channel = ResponseChannel<Int>(capacity: 1)
        try await channel.write(1)
        let first = Task.immediate { try await channel.write(2) }
        let second = Task.immediate { try await channel.write(3) }
        #expect(try await channel.read() == 1)
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(try await channel.read() == 3)
        try await second.value
    }

    @Test("A writer for unit tests hands each chunk to its closure")
    func writer() async throws {
        let channel = ResponseChannel<String>(capacity: 2)
        let writer = ResponseWriter<String> { try await channel.write($0 + "!") }
        try await writer.write("a")
        #expect(try await channel.read() == "a!")
    }
}
