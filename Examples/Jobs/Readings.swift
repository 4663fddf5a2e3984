// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A city's temperature in one hour.
struct Reading: Sendable {
    let city: String
    /// Local time, `2010-01-31 07:00`.
    let time: String
    let celsius: Double

    /// Names it, wherever it is spoken of.
    var key: String { "\(city) \(time)" }
    /// The city and the date.
    var day: String { "\(city) \(time.prefix(10))" }

    /// All readings of the files that Quickstart brings along, in the order of time within each city.
    static func all() throws -> [Self] {
        let folder = #filePath.split(separator: "/").dropLast(2).map { "/\($0)" }.joined() + "/Quickstart/Data"
        return try readings(of: "Seattle", in: "\(folder)/seattle-temps.csv")
            + readings(of: "San Francisco", in: "\(folder)/sf-temps.csv")
    }

    /// The columns `date` and `temp` are in one order in one file and in the other in the other.
    private static func readings(of city: String, in path: String) throws -> [Self] {
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
            return Self(city: city, time: time, celsius: celsius)
        }
    }
}
