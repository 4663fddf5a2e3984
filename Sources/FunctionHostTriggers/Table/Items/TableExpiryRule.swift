// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

package import FunctionHost

/// Which items' time is over at a moment.
package struct TableExpiryRule: Sendable {
    private let attribute: String
    private let end: TableNumber
    private let longAgo: TableNumber

    package init?(_ attribute: String, at wallTime: Timestamp) {
        let seconds = wallTime.nanoseconds / 1_000_000_000
        // Both have no more than 19 digits.
        guard let end = try? TableNumber(seconds), let longAgo = try? TableNumber(seconds - 5 * 365 * 86_400) else {
            return nil
        }
        self.attribute = attribute
        (self.end, self.longAgo) = (end, longAgo)
    }

    package func isOver(_ item: AttributeMap) -> Bool {
        guard case .number(let time)? = item[attribute] else { return false }
        return time <= end && time > longAgo
    }
}
