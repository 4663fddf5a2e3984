// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// What the command line asks for.
struct Options {
    var expression: ScheduleExpression
    var zone: TimeZoneRules
    /// Firings are later than this.
    var now: Timestamp

    /// An expression, a zone, and a local time there to look from; each may be left out with those behind it.
    ///
    /// An expression with a parenthesis is AWS's, any other one is Unix's.
    init(_ arguments: some Collection<String>) throws {
        let arguments = Array(arguments)
        let text = arguments.first ?? "cron(0 9 ? * MON-FRI *)"
        expression = try ScheduleExpression(text, dialect: text.contains("(") ? .aws : .unix)
        zone = try TimeZoneRules(named: arguments.count > 1 ? arguments[1] : "Europe/Berlin")
        now = SystemClock().wallTime
        guard arguments.count > 2 else { return }
        guard let local = LocalDateTime(arguments[2]), let instant = zone.instants(of: local).first else {
            throw UnknownTime(time: arguments[2])
        }
        now = instant
    }
}
