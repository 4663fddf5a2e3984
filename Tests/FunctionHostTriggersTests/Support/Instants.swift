// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers

/// `2025-05-10T06:00:00Z`, or with an offset, or a fraction of up to nine digits.
func instant(_ text: String) -> Timestamp {
    var rest = text[...]
    let local = LocalDateTime(rest.prefix(19))!
    rest = rest.dropFirst(19)
    var fraction: Int64 = 0
    if rest.first == "." {
        let digits = rest.dropFirst().prefix { $0.isNumber }
        fraction = Int64(digits + String(repeating: "0", count: 9 - digits.count))!
        rest = rest.dropFirst(1 + digits.count)
    }
    var offset = 0
    if rest != "Z" {
        let parts = rest.dropFirst().split(separator: ":").map { Int($0)! }
        offset = (parts[0] * 60 + parts[1]) * (rest.first == "-" ? -60 : 60)
    }
    return TimeZoneRules.utc.instants(of: local)[0]
        .advanced(by: .seconds(-offset) + .nanoseconds(fraction))
}

/// The other way, to the second.
func text(_ instant: Timestamp) -> String { "\(TimeZoneRules.utc.localTime(at: instant))Z" }
