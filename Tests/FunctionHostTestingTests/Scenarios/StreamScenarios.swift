// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@Suite struct StreamScenarios {
    @Test("A writer is never further ahead of its reader than the buffer, and chunks arrive in order", .everySeed)
    func backPressure() async throws {
        let rig = try Rig(limit: 1) { $0.streamBuffer = 2 }
        let (written, read) = (Log<Int>(), Log<Int>())
        let stream = try rig.host.register(StreamingFunction<Int, Int>("stream")) { count, writer, context in
            for chunk in 0..<count {
                try await writer.write(chunk)
                // One more than the buffer: the chunk a reader has been given and has not taken up.
                #expect(written.append(chunk) + 1 <= read.count + 3)
                if rig.simulation.chance(0.2) { try await context.sleep(for: rig.some(1)) }
            }
        }
        await rig.expect(.answered) {
            try await rig.host.stream(stream, with: 8) { chunks in
                for try await chunk in chunks {
                    read.append(chunk)
                    if rig.simulation.chance(0.2) { try await rig.pause(1) }
                }
            }
        }
        #expect(read.entries == Array(0..<8))
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("Several writers into one response lose no chunk and repeat none", .everySeed)
    func severalWriters() async throws {
        let rig = try Rig(limit: 1) { $0.streamBuffer = 1 }
        let stream = try rig.host.register(StreamingFunction<Void, Int>("stream")) { _, writer, _ in
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<3 {
                    group.addTask { for chunk in 0..<3 { try await writer.write(number * 10 + chunk) } }
                }
            }
        }
        let read = Log<Int>()
        await rig.expect(.answered) {
            try await rig.host.stream(stream, with: ()) { chunks in
                for try await chunk in chunks { read.append(chunk) }
            }
        }
        #expect(read.entries.sorted() == [0, 1, 2, 10, 11, 12, 20, 21, 22])
        for number in 0..<3 {
            let own = read.entries.filter { $0 / 10 == number }
            #expect(own == own.sorted())
        }
        rig.expectAtRest()
    }

    @Test("A reader who leaves early ends the handler, and nothing goes on behind its back", .everySeed)
    func leavingEarly() async throws {
        let rig = try Rig(limit: 1) { $0.streamBuffer = 1 }
        let inside = Gauge("the handler", limit: 1)
        let stream = try rig.host.register(StreamingFunction<Void, Int>("stream"), configuration: .waiting) {
            _, writer, context in
            try await inside.within { _ in
                for chunk in 0... {
                    try await writer.write(chunk)
                    if rig.simulation.chance(0.3) { try await context.sleep(for: rig.some(1)) }
                }
            }
        }
        await withDiscardingTaskGroup { group in
            for number in 0..<3 {
                group.addTask {
                    let enough = rig.simulation.random(in: 0...3)
                    let read: @Sendable () async throws -> Void = {
                        try await rig.host.stream(stream, with: ()) { chunks in
                            if enough == 0 { return }
                            for try await chunk in chunks where chunk + 1 == enough {
                                if number == 2 { throw HandlerError() }
                                return
                            }
                        }
                    }
                    if number == 0 { await rig.callAndCancel(within: 3, read) } else { await rig.call(read) }
                }
            }
        }
        #expect(rig.callCount == 3)
        #expect(rig.count(.answered) + rig.count(.cancelled) + rig.count(.failed) == 3)
        #expect(inside.inside == 0)
        rig.expectAtRest()
        try await rig.expectRoom()
    }

    @Test("An error of the writer arrives after the chunks before it, and once", .everySeed)
    func errorAfterChunks() async throws {
        let rig = try Rig(limit: 2) { $0.streamBuffer = 2 }
        let stream = try rig.host.register(
            StreamingFunction<Int, Int>("stream"), configuration: .init(timeout: .milliseconds(30))
        ) { count, writer, context in
            for chunk in 0..<count { try await writer.write(chunk) }
            if rig.simulation.chance(0.5) { throw HandlerError(number: count) }
            try await context.sleep(for: .seconds(1))
        }
        await withDiscardingTaskGroup { group in
            for _ in 0..<2 {
                group.addTask {
                    let count = rig.simulation.random(in: 0...4)
                    let verdict = await rig.call {
                        try await rig.host.stream(stream, with: count) { chunks in
                            var next = 0
                            do {
                                for try await chunk in chunks {
                                    #expect(chunk == next)
                                    next += 1
                                    if rig.simulation.chance(0.3) { try await rig.pause(1) }
                                }
                                Issue.record("the error did not arrive")
                            } catch {
                                #expect(next == count || error is FunctionHostError)
                                throw error
                            }
                        }
                    }
                    #expect(verdict == .failed || verdict == .timedOut)
                }
            }
        }
        let outcomes = rig.ledger.counts.outcomes
        #expect(outcomes[.failed, default: 0] == rig.count(.failed))
        #expect(outcomes[.timedOut, default: 0] == rig.count(.timedOut))
        rig.expectAtRest()
        try await rig.expectRoom()
    }
}
