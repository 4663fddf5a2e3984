// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Says when expressions fire: a line of JSON in, a line of JSON out.
@main
struct ScheduleProbe {
    private let coder = JSONPayloadCoder()
    private var zones: [String: TimeZoneRules] = [:]

    static func main() {
        var probe = Self()
        while let line = readLine() {
            print(probe.answer(to: line))
            // Who asks one question at a time waits for its answer.
            fflush(nil)
        }
    }

    private mutating func answer(to line: String) -> String {
        do {
            let question = try coder.decode(Question.self, from: Array(line.utf8))
            return try text(["next": firings(question)])
        } catch {
            return (try? text(["invalid": "\(error)"])) ?? #"{"invalid":"the answer cannot be told"}"#
        }
    }

    private func text(_ answer: some Encodable) throws -> String {
        String(decoding: try coder.encode(answer), as: UTF8.self)
    }

    private mutating func firings(_ question: Question) throws -> [String] {
        let expression = try question.parsedExpression()
        let zone = try zone(question.zone ?? "UTC")
        let anchor = try question.anchor.map { try Question.instant($0, in: "anchor") }
        var last = try question.after.map { try Question.instant($0, in: "after") } ?? SystemClock().wallTime
        let first = last
        var found: [String] = []
        for _ in 0..<(try question.checkedCount()) {
            guard let next = expression.next(after: last, in: zone, anchor: anchor ?? first) else { break }
            found.append("\(TimeZoneRules.utc.localTime(at: next))Z")
            last = next
        }
        return found
    }

    private mutating func zone(_ name: String) throws -> TimeZoneRules {
        if let known = zones[name] { return known }
        let zone = try TimeZoneRules(named: name)
        zones[name] = zone
        return zone
    }
}
