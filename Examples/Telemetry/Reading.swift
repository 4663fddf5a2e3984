// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The cities there are data of.
enum City: String, CaseIterable, Sendable {
    case seattle = "Seattle"
    case sanFrancisco = "San Francisco"

    fileprivate var file: String {
        switch self {
        case .seattle: "seattle-temps.csv"
        case .sanFrancisco: "sf-temps.csv"
        }
    }
}

/// A city's temperature in one hour, as the stream carries it.
struct Reading: Codable, Sendable {
    let city: String
    /// Local time, `2010-01-31 07:00`.
    let time: String
    let celsius: Double

    /// All readings of the files that Quickstart brings along.
    static func all() throws -> [Self] {
        let folder = #filePath.split(separator: "/").dropLast(2).map { "/\($0)" }.joined() + "/Quickstart/Data"
        return try City.allCases.flatMap { try readings(of: $0, in: "\(folder)/\($0.file)") }
    }

    /// The columns `date` and `temp` are in one order in one file and in the other in the other.
    private static func readings(of city: City, in path: String) throws -> [Self] {
        var lines = try Files.text(of: path).split(whereSeparator: \.isNewline)[...]
        let header = lines.popFirst()?.split(separator: ",") ?? []
        guard let date = header.firstIndex(of: "date"), let temperature = header.firstIndex(of: "temp") else {
            throw Failure("\(path): its first line does not name the columns date and temp")
        }
        return lines.compactMap { line -> Self? in
            let fields = line.split(separator: ",", omittingEmptySubsequences: false)
            guard fields.count == header.count, let fahrenheit = Double(fields[temperature]) else { return nil }
            let time = String(fields[date].prefix(16)).replacing("/", with: "-")
            let celsius = ((fahrenheit - 32) / 1.8 * 10).rounded() / 10
            return Self(city: city.rawValue, time: time, celsius: celsius)
        }
    }

    /// `2010-01-31`.
    var day: String { String(time.prefix(10)) }

    /// How many hours of the year 2010 have passed; nil if the time is not one.
    var hourOfYear: Int? {
        let numbers = time.split(whereSeparator: { "- :".contains($0) }).compactMap { Int($0) }
        guard numbers.count == 5, (1...12).contains(numbers[1]), (1...31).contains(numbers[2]),
            (0...23).contains(numbers[3])
        else { return nil }
        let daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        return (daysBefore[numbers[1] - 1] + numbers[2] - 1) * 24 + numbers[3]
    }
}
