// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Synchronization

/// The year as a stream whose clock runs fast: an hour takes half a minute, a day is a window, and the last day is over now.
struct Replay: Sendable {
    static let hour = Duration.seconds(30)
    /// How long a day is.
    static let window = hour * 24

    let stream: InMemoryStream
    let shardCount = City.allCases.count
    /// How many records were put.
    let count: Int
    /// How many days of one city have a reading that can be read.
    let days: Int
    /// How many of them have one that makes frost.
    let frostDays: Int
    let readings: Int

    init(_ readings: [Reading]) throws {
        let days = Dictionary(grouping: readings) { $0.city + $0.day }
        self.days = days.count
        frostDays = days.values.count { $0.contains { $0.celsius <= Day.frost } }
        self.readings = readings.count
        count = readings.count + 1

        let clock = ReplayClock()
        var configuration = InMemoryStream.Configuration()
        configuration.retention = .seconds(7 * 86_400)
        stream = try InMemoryStream(
            "telemetry", shardCount: shardCount, configuration: configuration,
            system: HostSystem(clock: clock, seed: 1))
        // Windows are counted from 1970 on, and the year begins with one.
        let start = TumblingWindow(of: Self.window, around: SystemClock().wallTime.advanced(by: Self.window * -366))
            .start
        let coder = JSONPayloadCoder()
        let ordered = readings.compactMap { reading in reading.hourOfYear.map { (hour: $0, reading: reading) } }
            .sorted { $0.hour < $1.hour }
        for (hour, reading) in ordered {
            clock.set(start.advanced(by: Self.hour * hour))
            try put(reading.city, try coder.encode(reading))
            // In the middle of the year a sensor sends what it should not.
            if reading.time == "2010-07-14 12:00", reading.city == City.seattle.rawValue {
                try put(reading.city, Array(#"{"city":"Seattle","time":"2010-07-14 12:30","celsius":?}"#.utf8))
            }
        }
    }

    /// Each city has a shard of its own.
    private func put(_ city: String, _ data: [UInt8]) throws {
        let hashKey: UInt128 = city == City.seattle.rawValue ? 0 : .max
        try stream.put(partitionKey: city, explicitHashKey: hashKey, data: data)
    }

    /// What a letter tells of, which has only where it is.
    func records(of letter: Letter) async throws -> [StreamRecord] {
        guard let batch = letter.batch, let first = SequenceNumber(batch.startSequenceNumber) else { return [] }
        return try await stream.read(ShardID(batch.shardId), from: .from(first), limit: batch.batchSize).records
    }
}

/// What is told of records that were given up.
struct Letter: Decodable {
    struct Context: Decodable {
        let condition: String
        let approximateInvokeCount: Int
    }

    struct Batch: Decodable {
        let shardId: String
        let startSequenceNumber: String
        let batchSize: Int
    }

    private enum CodingKeys: String, CodingKey {
        case requestContext
        case batch = "KinesisBatchInfo"
    }

    let requestContext: Context
    let batch: Batch?
}

/// The system's clock, but for the calendar, which is set by hand.
final class ReplayClock: HostClock {
    private let time = Mutex(Timestamp(nanoseconds: 0))
    private let clock = SystemClock()

    func set(_ new: Timestamp) { time.withLock { $0 = new } }

    var wallTime: Timestamp { time.withLock { $0 } }
    var now: Timestamp { clock.now }
    func sleep(until deadline: Timestamp, tolerance: Duration?) async throws {
        try await clock.sleep(until: deadline, tolerance: tolerance)
    }
    func makeAlarm(_ ring: @escaping @Sendable () -> Void) -> any HostAlarm { clock.makeAlarm(ring) }
}
