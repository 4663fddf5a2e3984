// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Records of invocations and of batches that were given up, in a queue.
@Suite("Queue destinations", .simulated(seeds: 0..<5)) struct QueueDestinationTests {
    @Test("What a mapping gives up is told to a queue")
    func mapping() async throws {
        let rig = try MappingRig()
        let queue = try InMemoryQueue("given-up", system: .simulated)
        let work = try rig.host.register("work") { (_: StreamBatch, _) in throw HandlerFailure() }
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.maximumRetryAttempts = 0
        try rig.host.map(
            rig.stream, to: work, configuration: configuration, options: .init(onFailure: QueueDestination(queue)))
        rig.stream.put([1])
        try await rig.host.run { try await rig.pass(.seconds(5)) }
        let messages = try await queue.receive(10, visibility: .seconds(1))
        #expect(messages.count == 1)
        #expect(messages.first?.body.contains(#""condition":"RetryAttemptsExhausted""#) ?? false)
    }

    @Test("In a FIFO queue the function is the group, and an invocation that is told twice is there once")
    func fifo() async throws {
        let queue = try InMemoryQueue("records.fifo", system: .simulated)
        let destination = QueueDestination(queue)
        for attempt in 1...2 {
            try await destination.deliver(
                Delivery(
                    functionName: "work", invocationID: InvocationID(number: 7, seed: 1), isSuccess: false,
                    attempt: attempt, record: Array("{}".utf8)))
        }
        let messages = try await queue.receive(10, visibility: .seconds(1))
        #expect(messages.map(\.groupID) == ["work"])
        #expect(destination.name == queue.arn)
    }

    @Test("A queue that takes nothing is told to whoever delivers, and the delivery is tried again")
    func full() async throws {
        var configuration = InMemoryQueue.Configuration()
        configuration.messageLimit = 1
        let queue = try InMemoryQueue("small", configuration: configuration, system: .simulated)
        try queue.send("there")
        let error = await #expect(throws: SourceError.self) {
            try await QueueDestination(queue).deliver(
                Delivery(
                    functionName: "work", invocationID: InvocationID(number: 7, seed: 1), isSuccess: true,
                    record: Array("{}".utf8)))
        }
        #expect(error?.code == .full)
    }
}
