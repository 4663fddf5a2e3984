// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

package import FunctionHost

extension StreamNumbers {
    /// The numbers of a table's changes that began then: 34 digits, 16 of microseconds since 1970, so that numbers of an earlier
    /// life are lower, and 18 zeros to count in.
    package init(tableBeganAt wallTime: Timestamp) {
        self.init(
            base: SequenceNumber(low: UInt128(max(0, wallTime.nanoseconds) / 1_000) * 1_000_000_000_000_000_000))
    }
}
