// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The functions of this example: closures, registered under a name and with what they may take of the host.
struct Functions: Sendable {
    let summarizeDay: Function<Day, Summary>
    let departure: Function<Day, Departure>
    let months: StreamingFunction<City, Month>
    let auditDay: Function<Day, Int>
    let archiveDay: Function<Day, Void>
    let outlook: Function<Int, String>

    init(on host: FunctionHost, data: Temperatures, folder: String) throws {
        summarizeDay = try Self.registerSummarizeDay(on: host)
        departure = try Self.registerDeparture(on: host, folder: folder)
        months = try Self.registerMonths(on: host, data: data)
        auditDay = try host.register("audit-day") { (day: Day, _) in
            guard day.missingHours.isEmpty else { throw MissingHours(day: day) }
            return day.hours.count
        }
        archiveDay = try Self.registerArchiveDay(on: host)
        outlook = try Self.registerOutlook(on: host)
        // Invoked by name with JSON, so nobody needs the reference that `register` returns.
        try host.register("to-celsius") { (reading: Fahrenheit, _) in
            Celsius(celsius: ((reading.fahrenheit - 32) / 1.8 * 10).rounded() / 10)
        }
    }

    /// Waits a little, as for a database; four at a time may, and who comes then waits for one of them to end.
    private static func registerSummarizeDay(on host: FunctionHost) throws -> Function<Day, Summary> {
        let configuration = FunctionConfiguration(
            timeout: .seconds(1), reservedConcurrency: 4, saturation: .wait(atMost: .seconds(5)), memorySize: 256)
        return try host.register("summarize-day", configuration: configuration) { (day: Day, context) in
            try await context.sleep(for: .milliseconds(2))
            return try Summary(of: day)
        }
    }

    /// Each execution environment makes a model of its own on its cold start, and lends it to one handler at a time.
    private static func registerDeparture(on host: FunctionHost, folder: String) throws -> Function<Day, Departure> {
        try host.register(
            "departure", configuration: FunctionConfiguration(timeout: .seconds(3), memorySize: 512),
            environment: { _ in try Climate(folder: folder) }
        ) { (climate: inout Climate, day: Day, _) in
            try climate.departure(of: day)
        }
    }

    private static func registerMonths(
        on host: FunctionHost, data: Temperatures
    ) throws -> StreamingFunction<City, Month> {
        try host.register("months") { (city: City, writer: ResponseWriter<Month>, _) in
            for month in 1...12 {
                let readings = data.days.filter { $0.city == city && $0.month == month }.flatMap(\.readings)
                if readings.isEmpty { continue }
                // Waits while the reader is behind; throws if it has left.
                try await writer.write(Month(month: month, mean: readings.mean))
            }
        }
    }

    /// For later, nobody waits for it: what fails is tried once more, and kept as a dead letter if that fails, too.
    private static func registerArchiveDay(on host: FunctionHost) throws -> Function<Day, Void> {
        var configuration = FunctionConfiguration()
        configuration.retry = .constant(maximumAttempts: 2, delay: .milliseconds(20))
        return try host.register("archive-day", configuration: configuration) { (day: Day, _) in
            guard day.missingHours.isEmpty else { throw MissingHours(day: day) }
        }
    }

    /// The further it looks, the longer it takes; its timeout allows for a few days.
    private static func registerOutlook(on host: FunctionHost) throws -> Function<Int, String> {
        try host.register("outlook", configuration: FunctionConfiguration(timeout: .milliseconds(80))) {
            days, context in
            for day in 1...max(1, days) {
                try await context.sleep(for: .milliseconds(10))
                context.reportProgress(Double(day) / Double(days))
            }
            return "much the same"
        }
    }
}
