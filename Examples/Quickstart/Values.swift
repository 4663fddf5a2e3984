// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A day in three figures.
struct Summary: Sendable {
    let day: Day
    let lowest: Double
    let highest: Double

    init(of day: Day) throws {
        guard let lowest = day.readings.min(), let highest = day.readings.max() else { throw MissingHours(day: day) }
        (self.day, self.lowest, self.highest) = (day, lowest, highest)
    }
}

/// A month of a city.
struct Month: Sendable {
    let month: Int
    let mean: Double
}

/// How far a day was from the mean of its month.
struct Departure: Sendable {
    let day: Day
    let degrees: Double
}

/// What `to-celsius` takes as JSON.
struct Fahrenheit: Codable, Sendable {
    let fahrenheit: Double
}

/// What `to-celsius` gives as JSON.
struct Celsius: Codable, Sendable {
    let celsius: Double
}

/// A day that is not complete: an error of the handler's own, which reaches its caller unchanged.
struct MissingHours: Error, CustomStringConvertible {
    let day: Day

    var description: String {
        let hours = day.missingHours
        let list = hours.count > 4 ? "\(hours.count) hours" : hours.map { "\($0):00" }.joined(separator: ", ")
        return "\(day.city.rawValue) on \(day.date) lacks \(list)"
    }
}

/// The monthly means of both cities: slow to make, quick to use, and not `Sendable`, which a warm environment does not ask.
final class Climate {
    private let data: Temperatures
    private var means: [City: [Int: Double]] = [:]

    init(folder: String) throws { data = try Temperatures(folder: folder) }

    func departure(of day: Day) throws -> Departure {
        guard !day.readings.isEmpty else { throw MissingHours(day: day) }
        return Departure(day: day, degrees: day.readings.mean - mean(of: day.city, month: day.month))
    }

    /// Reckoned when it is first asked for, and remembered for as long as the environment lives.
    private func mean(of city: City, month: Int) -> Double {
        if let known = means[city]?[month] { return known }
        let mean = data.days.filter { $0.city == city && $0.month == month }.flatMap(\.readings).mean
        means[city, default: [:]][month] = mean
        return mean
    }
}

extension [Double] {
    /// The mean; not a number if there are none.
    var mean: Double { reduce(0, +) / Double(count) }
}
