// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// An expression and where it is to fire.
struct WalkedExpression: Sendable, CustomStringConvertible {
    let fields: String
    let zone: String

    var isUnix: Bool { fields.split(separator: " ").count == 5 }
    var description: String { "\(fields) in \(zone)" }

    static let zones = [
        "UTC", "America/New_York", "Europe/Berlin", "Europe/London", "Europe/Dublin", "Australia/Sydney",
        "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo", "America/Santiago", "America/Asuncion",
        "America/Nuuk", "America/Scoresbysund", "Africa/Cairo", "Asia/Kolkata", "Asia/Tehran", "Asia/Amman",
        "Asia/Gaza",
        "Pacific/Apia", "Pacific/Chatham", "Pacific/Auckland", "Antarctica/Troll", "Antarctica/Casey",
        "America/St_Johns",
    ]

    /// A hundred: some that people write, or that are hard, and others by chance.
    static let hundred: [Self] = {
        var random = SplitMix64(seed: 2_025)
        var all: [Self] = []
        for (index, fields) in chosen.enumerated() {
            all.append(Self(fields: fields, zone: zones[index % zones.count]))
        }
        while all.count < 100 {
            let fields = all.count % 4 == 0 ? unix(&random) : aws(&random)
            all.append(Self(fields: fields, zone: zones.randomElement(using: &random)!))
        }
        return all
    }()

    /// Zones follow in the order of the list above.
    private static let chosen = [
        "0 6 * * ? *", "30 2 * * ? *", "0/10 2 * * ? *", "* 1 ? * SUN *", "0 1,2,3 ? * 1L *", "0/5 * * * ? *",
        "0/15 0-4 * * ? *", "* 2-3 * * ? *", "0 0 * * ? *", "*/7 23-1 ? * SAT#1,SAT#1 *", "0/20 20-2 ? * MON-FRI *",
        "30 22-1 L * ? *", "0 1 LW * ? *", "0 0 1 1 ? *", "0/30 * 15W * ? *", "0 0 ? 3,9 2#1 *", "5 0 L-2 * ? 2022/3",
        "0 12 31W * ? *", "0/10 2-3 * 9-4 ? *", "45 2 ? * SUN *", "0 0 29 2 ? *", "*/20 1-3 ? 3,10 SUN *",
        "* * 1 * ? 2024", "1 0 * NOV-MAR ? 2021-2027",
        "30 2 * * *", "*/10 1-2 * * *", "0 0 13 * 5", "0 0 */10 * 5", "*/15 * * 3,10 0", "59 23 31 * *",
    ].map { $0.replacing("SAT#1,SAT#1", with: "SAT#1") }

    private static func aws(_ random: inout SplitMix64) -> String {
        let minutes = field(0...59, &random)
        let hours = field(0...23, &random)
        let months = Bool.random(using: &random) ? "*" : field(1...12, &random)
        let years = Int.random(in: 0..<5, using: &random) == 0 ? "2020/\(Int.random(in: 1...3, using: &random))" : "*"
        let number = Int.random(in: 1...31, using: &random)
        let weekday = Int.random(in: 1...7, using: &random)
        let days =
            switch Int.random(in: 0..<9, using: &random) {
            case 0: "\(number)W \(months) ?"
            case 1: "L-\(number % 5) \(months) ?"
            case 2: "L \(months) ?"
            case 3: "? \(months) \(weekday)L"
            case 4: "? \(months) \(weekday)#\(Int.random(in: 1...5, using: &random))"
            case 5: "? \(months) \(field(1...7, &random))"
            case 6: "\(field(1...31, &random)) \(months) ?"
            default: "* \(months) ?"
            }
        return "\(minutes) \(hours) \(days) \(years)"
    }

    private static func unix(_ random: inout SplitMix64) -> String {
        let ranges = [0...59, 0...23, 1...31, 1...12, 0...7]
        return ranges.map { field($0, wraps: false, &random) }.joined(separator: " ")
    }

    private static func field(_ range: ClosedRange<Int>, wraps: Bool = true, _ random: inout SplitMix64) -> String {
        func item() -> String {
            var (first, last) = (Int.random(in: range, using: &random), Int.random(in: range, using: &random))
            if !wraps, first > last { swap(&first, &last) }
            let step = Int.random(in: 1...range.count, using: &random)
            return switch Int.random(in: 0..<7, using: &random) {
            case 0, 1: "\(first)"
            case 2: "\(first)-\(last)"
            case 3: "\(first)-\(last)/\(step)"
            case 4: "\(first)/\(step)"
            case 5: "*/\(step)"
            default: "*"
            }
        }
        return (0..<Int.random(in: 1...3, using: &random)).map { _ in item() }.joined(separator: ",")
    }
}
