// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// An alert on its way into the queue.
struct Job: Sendable {
    let reading: Reading
    let alert: Alert
    /// The first of its day is news, and the others follow it.
    let isFirstOfDay: Bool
    /// The JSON of a station that knows nothing of this program's types; nil for the others.
    let foreign: [UInt8]?

    var options: EnqueueOptions {
        EnqueueOptions(
            priority: isFirstOfDay ? .high : .normal, idempotencyKey: reading.key, orderingKey: reading.day,
            tags: ["city": reading.city])
    }

    /// One for each hour in which it was cold in Seattle, or warm in San Francisco; some are not as they should be.
    static func all() throws -> [Self] {
        var days: Set<String> = []
        return try Reading.all()
            .filter { $0.city == "Seattle" ? $0.celsius < 4 : $0.celsius > 21 }
            .enumerated()
            .map { Self(reading: $1, isFirstOfDay: days.insert($1.day).inserted, number: $0) }
    }

    private init(reading: Reading, isFirstOfDay: Bool, number: Int) {
        self.reading = reading
        self.isFirstOfDay = isFirstOfDay
        var alert = Alert(city: reading.city, time: reading.time, temperature: reading.celsius, unit: "C")
        if number % 40 == 17 { alert.city = Misspelling.of[alert.city] ?? alert.city }
        if number % 40 == 33 { alert.unit = nil }
        self.alert = alert
        foreign = number % 150 == 75 ? OldFormat(alert).json : nil
    }
}
