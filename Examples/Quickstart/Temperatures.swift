// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The cities there are data of.
enum City: String, CaseIterable, Sendable {
    case seattle = "Seattle"
    case sanFrancisco = "San Francisco"

    var file: String {
        switch self {
        case .seattle: "seattle-temps.csv"
        case .sanFrancisco: "sf-temps.csv"
        }
    }
}

/// One city's day: 24 hours of local time, in degrees Fahrenheit; nil where the file has no usable value.
struct Day: Sendable {
    let city: City
    let month: Int
    let day: Int
    var hours: [Double?] = Array(repeating: nil, count: 24)

    var readings: [Double] { hours.compactMap { $0 } }
    var missingHours: [Int] { hours.indices.filter { hours[$0] == nil } }
    var date: String { "\(day) \(monthNames[month - 1])" }
    var label: String { "\(city.rawValue), \(date)" }
}

let monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/// What the files hold, day by day.
struct Temperatures: Sendable {
    private(set) var days: [Day] = []
    private(set) var rows = 0
    /// Rows without a date, or without a number that can be a temperature.
    private(set) var unreadable = 0

    init(folder: String) throws {
        for city in City.allCases { try read(String(contentsOfFile: "\(folder)/\(city.file)"), of: city) }
    }

    var missingHours: Int { days.reduce(0) { $0 + $1.missingHours.count } }

    private mutating func read(_ text: String, of city: City) throws {
        var lines = text.split(whereSeparator: \.isNewline)[...]
        let header = lines.popFirst()?.split(separator: ",") ?? []
        guard let dateColumn = header.firstIndex(of: "date"), let valueColumn = header.firstIndex(of: "temp") else {
            throw FileError(name: city.file, reason: "its first line does not name the columns date and temp")
        }
        for line in lines {
            rows += 1
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == header.count, let time = Hour(fields[dateColumn]) else {
                unreadable += 1
                continue
            }
            if days.last?.city != city || days.last?.month != time.month || days.last?.day != time.day {
                days.append(Day(city: city, month: time.month, day: time.day))
            }
            // NOAA writes ±9999 for a value that is missing, and `Double` would read "nan".
            if let value = Double(fields[valueColumn]), (-100...150).contains(value) {
                days[days.count - 1].hours[time.hour] = value
            } else {
                unreadable += 1
            }
        }
    }
}

/// A time as the files write it: `yyyy/MM/dd HH:mm`, with or without seconds.
private struct Hour {
    let month: Int
    let day: Int
    let hour: Int

    init?(_ text: some StringProtocol) {
        let numbers = text.split(whereSeparator: { "/ :".contains($0) }).map { Int($0) }
        guard numbers.count >= 5, let month = numbers[1], let day = numbers[2], let hour = numbers[3],
            (1...12).contains(month), (1...31).contains(day), (0...23).contains(hour)
        else { return nil }
        (self.month, self.day, self.hour) = (month, day, hour)
    }
}
