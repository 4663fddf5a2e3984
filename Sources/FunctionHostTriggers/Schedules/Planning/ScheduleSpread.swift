// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// How far behind its planned instant a firing may run, so that not everything planned for midnight runs at once.
///
/// The delay of a firing is drawn from the schedule's name, the planned instant and the schedule's seed: it is the same
/// wherever and whenever it is asked for.
public struct ScheduleSpread: Hashable, Sendable {
    /// Every delay is shorter, in nanoseconds; 0 for none.
    private let limit: Int64

    /// At the planned instant.
    public static let none = Self(limit: 0)

    /// At some moment of a window that begins with the planned instant, as `FlexibleTimeWindow` has it.
    ///
    /// - Returns: Nil unless there are 1 to 1,440 minutes.
    public static func flexibleWindow(minutes: Int) -> Self? {
        1...1_440 ~= minutes ? Self(limit: Int64(minutes) * 60_000_000_000) : nil
    }

    /// Late by less than a duration.
    ///
    /// - Returns: Nil if the duration is negative or longer than a day.
    public static func jitter(below limit: Duration) -> Self? {
        .zero ... .seconds(86_400) ~= limit ? Self(limit: limit.wholeNanoseconds) : nil
    }

    /// Nanoseconds, from 0 to less than the limit.
    func delay(name: String, planned: Timestamp, seed: UInt64) -> Int64 {
        // FNV-1a; Swift's own hash differs from process to process.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        var random = SplitMix64(
            seed: seed ^ SplitMix64.mix(hash ^ SplitMix64.mix(UInt64(bitPattern: planned.nanoseconds))))
        return Int64(random.next().multipliedFullWidth(by: UInt64(limit)).high)
    }
}
