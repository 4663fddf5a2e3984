// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// A year of two cities' temperatures as a stream: days as windows, frost as events, and one record that nobody can read.
@main
struct Telemetry {
    static func main() async {
        do {
            let path = CommandLine.arguments.dropFirst().first ?? Files.temporary("telemetry.svg")
            try await Telemetry().run(chart: path)
        } catch {
            Output.fail(error)
        }
    }

    private func run(chart path: String) async throws {
        let replay = try Replay(Reading.all())
        Output.show("FunctionHost Telemetry  a year of two cities' hourly temperatures (NOAA, public domain)")
        Output.item(
            "stream",
            "\(replay.count) records in \(replay.shardCount) shards, one of them broken; a day is a window of \(Replay.window.short)"
        )

        let (ages, days, letters) = (IteratorAges(), Days(), try InMemoryQueue("given-up"))
        let host = FunctionHost(observers: [ages])
        let station = try Station(on: host, days: days)
        try station.follow(replay.stream, givingUpTo: letters)
        let start = ContinuousClock.now
        // Leaving the scope is the shutdown.
        try await host.run { try await days.wait(for: replay.days) }
        let elapsed = ContinuousClock.now - start

        try await report(replay, days, ages, letters, elapsed)
        try Files.write(Chart(days.all).svg, to: path)
        Output.item("chart", path)
        try days.check(against: replay)
    }

    private func report(
        _ replay: Replay, _ days: Days, _ ages: IteratorAges, _ letters: InMemoryQueue, _ elapsed: Duration
    ) async throws {
        Output.item("batches", "\(ages.batches) of at most 100 records, \(ages.failures) failed, in \(elapsed.short)")
        Output.item("age", "of the last record of a batch: \(ages.first.short) at first, \(ages.last.short) at the end")
        for city in City.allCases {
            let own = days.all.filter { $0.city == city.rawValue }
            guard let coldest = own.min(by: { $0.mean < $1.mean }), let warmest = own.max(by: { $0.mean < $1.mean })
            else { continue }
            Output.item(
                city.rawValue,
                "\(own.count) days, means from \(coldest.mean.short) °C (\(coldest.day)) to \(warmest.mean.short) °C (\(warmest.day))"
            )
        }
        Output.item("frost", "\(days.alerts.count) alerts, the first: \(days.alerts.min() ?? "none")")
        for message in try await letters.receive(10, visibility: .seconds(60)) {
            let letter = try JSONPayloadCoder().decode(Letter.self, from: Array(message.body.utf8))
            let records = try await replay.records(of: letter)
            Output.item(
                "given up",
                "\(records.count) record after \(letter.requestContext.approximateInvokeCount) tries, \(letter.requestContext.condition): "
                    + records.map { String(decoding: $0.data, as: UTF8.self) }.joined())
        }
    }
}
