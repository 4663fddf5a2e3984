// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

/// Archives and replays.
@Suite("Archives of a bus", .simulated(seeds: 0..<3)) struct ArchiveTests {
    private func put(_ rig: BusRig, _ number: Int, at second: Int) async throws {
        let time = Simulation.start.advanced(by: .seconds(second))
        let entry = EventEntry(source: "shop", detailType: "t", detail: #"{"n":\#(number)}"#, time: time)
        _ = try await rig.bus.put([entry])[0].get()
    }

    private func numbers(_ sink: TestSink) -> [String] {
        sink.bodies.compactMap { $0.split(separator: #""n":"#).last.map { String($0.prefix { $0.isNumber }) } }
    }

    private func time(_ second: Int) -> Timestamp { Simulation.start.advanced(by: .seconds(second)) }

    private func code(_ body: () throws -> Void) -> String? {
        do { try body() } catch { return "\(error)" }
        return nil
    }

    @Test("Events of a range are told again, minute by minute, with the replay's name, and are not kept again")
    func replay() async throws {
        let rig = try BusRig()
        let (sink, other) = (TestSink(), TestSink("other"))
        try rig.bus.createArchive("all")
        try await put(rig, 1, at: 130)
        try await put(rig, 2, at: 5)
        try await put(rig, 3, at: 4)
        try await put(rig, 4, at: 200)
        try rig.route(RuleTarget("t", .queue(sink)))
        try rig.route(RuleTarget("t", .queue(other)), named: "other")
        try rig.bus.startReplay(ReplayRequest("again", of: "all", from: time(4), to: time(200), rules: ["all"]))
        #expect(rig.bus.replays.map(\.state) == [.starting])
        try await rig.host.run { try await rig.simulation.advance(by: .seconds(5)) }
        #expect(numbers(sink) == ["2", "3", "1"])
        #expect(other.bodies == [])
        #expect(sink.bodies.allSatisfy { $0.contains(#""region":"local","replay-name":"again","resources":[]"#) })
        #expect(try rig.bus.archiveFigures("all").events == 4)
        let status = try #require(rig.bus.replays.first)
        #expect(status.state == .completed && status.replayed == 3 && status.lastEventTime == time(130))
    }

    @Test("An archive in a stream outlives its bus, and tells again what is in the stream")
    func stream() async throws {
        let rig = try BusRig()
        let simulation = rig.simulation
        let kept = try InMemoryStream("kept", shardCount: 2, system: .simulated(by: simulation))
        try rig.bus.createArchive(
            "all", in: kept, pattern: EventPattern(#"{"detail": {"n": [{"numeric": ["<", 9]}]}}"#))
        for (number, second) in [(1, 130), (2, 5), (3, 4), (4, 200), (10, 6)] { try await put(rig, number, at: second) }
        #expect(kept.figures.records == 4)
        #expect(code { _ = try rig.bus.archiveFigures("all") }?.hasPrefix("ValidationException") == true)
        try kept.put(partitionKey: "x", data: Array("not an event".utf8))

        let second = try BusRig()
        let sink = TestSink()
        try second.bus.createArchive("all", in: kept)
        try second.route(RuleTarget("t", .queue(sink)))
        try second.bus.startReplay(ReplayRequest("again", of: "all", from: time(4), to: time(200)))
        try await second.host.run { try await simulation.advance(by: .seconds(5)) }
        #expect(Set(numbers(sink).prefix(2)) == ["2", "3"] && numbers(sink).dropFirst(2) == ["1"])
        #expect(sink.bodies.allSatisfy { $0.contains(#""region":"local","replay-name":"again","resources":[]"#) })
        #expect(second.bus.replays.map(\.state) == [.completed])
        #expect(kept.figures.records == 5, "what is told again is not kept again")
    }

    @Test("What an archive's stream does not take is put there later")
    func fullStream() async throws {
        let rig = try BusRig()
        var configuration = InMemoryStream.Configuration()
        configuration.recordLimit = 1
        configuration.overflow = .refuse
        configuration.retention = .seconds(3_600)
        let kept = try InMemoryStream("kept", configuration: configuration, system: .simulated(by: rig.simulation))
        try rig.bus.createArchive("all", in: kept)
        try await rig.host.run {
            for number in 1...2 { try await put(rig, number, at: number) }
            #expect(kept.figures.records == 1)
            try await rig.simulation.advance(by: .seconds(2 * 3_600))
            let shard = try #require(try await kept.shards().first)
            let page = try await kept.read(shard.id, from: .oldest, limit: 10)
            #expect(page.records.count == 1)
            #expect(String(decoding: page.records[0].data, as: UTF8.self).contains(#""n":2"#))
        }
    }

    @Test("An archive has what its pattern wants, for its days, and no more than its limits")
    func keeping() async throws {
        let rig = try BusRig()
        var few = ArchiveConfiguration(
            pattern: try EventPattern(#"{"detail":{"n":[{"numeric":[">",1]}]}}"#), retentionDays: 1)
        few.eventLimit = 2
        try rig.bus.createArchive("few", configuration: few)
        var small = ArchiveConfiguration()
        small.byteLimit = 500
        try rig.bus.createArchive("small", configuration: small)
        for number in 1...4 { try await put(rig, number, at: 0) }
        #expect(try rig.bus.archiveFigures("few").events == 2)
        #expect(try rig.bus.archiveFigures("few").dropped == 1)
        let figures = try rig.bus.archiveFigures("small")
        #expect(figures.bytes <= 500 && figures.events == 2 && figures.dropped == 2)
        try await rig.simulation.advance(by: .seconds(86_400))
        #expect(try rig.bus.archiveFigures("few").events == 0)
        #expect(try rig.bus.archiveFigures("few").bytes == 0)
        #expect(try rig.bus.archiveFigures("small").events == 2)
    }

    @Test("What cannot be is refused in the service's words")
    func refused() async throws {
        let rig = try BusRig()
        try rig.bus.createArchive("all")
        #expect(
            code { try rig.bus.createArchive("all") } == "ResourceAlreadyExistsException: Archive all already exists.")
        #expect(code { try rig.bus.createArchive("a b") }?.hasPrefix("ValidationException") == true)
        #expect(
            code { try rig.bus.createArchive("b", configuration: .init(retentionDays: -1)) }?.hasPrefix("Val") == true)
        #expect(code { try rig.bus.deleteArchive("b") }?.hasPrefix("ResourceNotFoundException") == true)
        #expect(
            code { try rig.bus.startReplay(ReplayRequest("r", of: "b", from: time(0), to: time(1))) }
                == "ResourceNotFoundException: Archive b does not exist.")
        for end in [0, 1] {
            #expect(
                code { try rig.bus.startReplay(ReplayRequest("r", of: "all", from: time(1), to: time(end))) }
                    == "ValidationException: Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime."
            )
        }
        #expect(
            code { try rig.bus.startReplay(ReplayRequest("r", of: "all", from: time(0), to: time(1), rules: ["x"])) }
                == "ResourceNotFoundException: Rule x does not exist on EventBus orders.")
        for number in 0..<10 {
            try rig.bus.startReplay(ReplayRequest("r\(number)", of: "all", from: time(0), to: time(1)))
        }
        #expect(
            code { try rig.bus.startReplay(ReplayRequest("r0", of: "all", from: time(0), to: time(1))) }
                == "ResourceAlreadyExistsException: Replay r0 already exists.")
        #expect(
            code { try rig.bus.startReplay(ReplayRequest("x", of: "all", from: time(0), to: time(1))) }?.hasPrefix(
                "Limit") == true)
        #expect(code { try rig.bus.cancelReplay("x") } == "ResourceNotFoundException: Replay x does not exist.")
        try await rig.host.run { try await rig.simulation.advance(by: .seconds(1)) }
        #expect(code { try rig.bus.cancelReplay("r0") }?.hasPrefix("IllegalStatusException") == true)
        try rig.bus.deleteArchive("all")
        #expect(code { _ = try rig.bus.archiveFigures("all") }?.hasPrefix("ResourceNotFound") == true)
    }

    @Test("A replay waits for targets that take nothing, and can be cancelled")
    func cancelled() async throws {
        let rig = try BusRig()
        try rig.bus.createArchive("all")
        for number in 0..<10 { try await put(rig, number, at: number) }
        let sink = TestSink(refusing: { fullSink })
        try rig.route(RuleTarget("t", .queue(sink)))
        try rig.bus.startReplay(ReplayRequest("slow", of: "all", from: time(0), to: time(100)))
        try await rig.host.run {
            try await rig.simulation.advance(by: .milliseconds(3_500))
            let replayed = rig.bus.replays[0].replayed
            #expect(rig.bus.replays[0].state == .running && (2...4).contains(replayed))
            try rig.bus.cancelReplay("slow")
            #expect(rig.bus.replays[0].state == .cancelling)
            try await rig.simulation.advance(by: .seconds(2))
            #expect(rig.bus.replays[0].state == .cancelled && rig.bus.replays[0].replayed <= replayed + 1)
        }
    }

    @Test("A replay leaves room in the host's queue, and loses nothing where there is none")
    func backPressure() async throws {
        let rig = try BusRig { $0.queueCapacity = 20 }
        try rig.bus.createArchive("all")
        for number in 0..<200 { try await put(rig, number, at: 0) }
        let slow = Notes<String>()
        try rig.host.register(raw: "slow", configuration: .init(reservedConcurrency: 2)) { bytes, context in
            try await context.sleep(for: .milliseconds(50))
            slow.add(String(decoding: bytes, as: UTF8.self))
            return []
        }
        try rig.route(RuleTarget("t", .function("slow")))
        try rig.bus.startReplay(ReplayRequest("r", of: "all", from: time(0), to: time(100)))
        try await rig.host.run {
            while !rig.bus.replays[0].hasEnded { try await rig.simulation.advance(by: .seconds(1)) }
            try await rig.host.drain()
        }
        #expect(rig.bus.replays[0].state == .completed)
        #expect(Set(slow.all).count == 200 && slow.count == 200)
    }

    @Test("A shutdown ends a replay, and it says so")
    func shutdown() async throws {
        let rig = try BusRig()
        try rig.bus.createArchive("all")
        try await put(rig, 1, at: 1)
        try rig.route(RuleTarget("t", .queue(TestSink(refusing: { fullSink }))))
        try rig.bus.startReplay(ReplayRequest("r", of: "all", from: time(0), to: time(100)))
        try await rig.host.run { try await rig.simulation.advance(by: .milliseconds(100)) }
        #expect(rig.bus.replays[0].state == .failed)
        #expect(rig.bus.replays[0].reason == "the host has shut down")
        #expect(
            rig.replays.all.all == [
                "orders, replay r: RUNNING, 0 events", "orders, replay r: FAILED, 0 events: the host has shut down",
            ])
    }
}
