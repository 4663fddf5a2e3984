// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// The functions, and what connects them: stream, windows, bus, rules.
struct Station: Sendable {
    /// What is known of a day so far; the state of its window.
    struct Sum: Codable, Sendable {
        var day: String
        var total = 0.0
        var count = 0
        var low = Double.infinity
    }

    private let host: FunctionHost
    private let bus: EventBus
    private let reckon: Function<WindowBatch<Sum>, Sum>

    init(on host: FunctionHost, days: Days) throws {
        self.host = host
        let bus = try EventBus("weather", on: host)
        self.bus = bus
        // Days are told on the bus; who wants to know of which is the rules' business.
        reckon = try host.register("reckon-day") { (batch: WindowBatch<Sum>, _) in
            if let sum = batch.state, batch.isFinal {
                try await bus.put(source: "weather.station", detailType: "Day", detail: Day(batch.shard, sum))
                return sum
            }
            var sum = batch.state
            for record in batch.records {
                let reading = try JSONPayloadCoder().decode(Reading.self, from: record.data)
                sum = Self.adding(reading, to: sum)
            }
            return sum ?? Sum(day: "")
        }
        let keep = try host.register("keep-day") { (event: BusEvent<Day>, _) in days.add(event.detail) }
        let alert = try host.register("frost-alert") { (alert: Alert, _) in days.add(alert.text) }
        try bus.putRule(
            "days", pattern: #"{"source": ["weather.station"]}"#, targets: [RuleTarget("keep", .function(keep))])
        try bus.putRule(
            "frost", pattern: #"{"detail-type": ["Day"], "detail": {"low": [{"numeric": ["<=", \#(Day.frost)]}]}}"#,
            targets: [
                RuleTarget(
                    "alert", .function(alert),
                    input: .template(
                        #"{"text": "<day> <city>, down to <low> °C"}"#,
                        paths: ["city": "$.detail.city", "day": "$.detail.day", "low": "$.detail.low"]))
            ])
    }

    private static func adding(_ reading: Reading, to sum: Sum?) -> Sum {
        var sum = sum ?? Sum(day: reading.day)
        sum.total += reading.celsius
        sum.count += 1
        sum.low = min(sum.low, reading.celsius)
        return sum
    }

    /// Has the days of a stream reckoned; a record that cannot be read is found by halving its batch, and given up.
    func follow(_ stream: InMemoryStream, givingUpTo queue: InMemoryQueue) throws {
        var configuration = StreamMappingConfiguration(startingPosition: .oldest)
        configuration.batchSize = 100
        configuration.tumblingWindow = Replay.window
        configuration.bisectBatchOnFunctionError = true
        configuration.maximumRetryAttempts = 2
        configuration.retryDelay = (.milliseconds(10), .seconds(1))
        try host.map(
            stream, to: reckon, configuration: configuration, options: .init(onFailure: QueueDestination(queue)))
    }
}

extension Day {
    fileprivate init(_ shard: ShardID, _ sum: Station.Sum) {
        let city: City = shard.description.hasSuffix("0") ? .seattle : .sanFrancisco
        let mean = (sum.total / Double(sum.count) * 100).rounded() / 100
        self.init(city: city.rawValue, day: sum.day, mean: mean, low: sum.low, readings: sum.count)
    }
}

/// What a rule makes of a day with frost.
private struct Alert: Decodable, Sendable {
    let text: String
}
