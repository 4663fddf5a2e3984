// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Makes files of time zones by hand.
struct MadeZoneFile {
    var version: Unicode.Scalar = "2"
    /// Offsets in seconds.
    var types: [Int32] = [0]
    var changes: [(second: Int64, type: UInt8)] = []
    var leaps: [(second: Int64, correction: Int32)] = []
    var footer: String? = ""

    var bytes: [UInt8] {
        if version == "\0" { return part(timeSize: 4) }
        var empty = self
        (empty.types, empty.changes, empty.leaps) = ([0], [], [])
        return empty.part(timeSize: 4) + part(timeSize: 8) + (footer.map { Array("\n\($0)\n".utf8) } ?? [])
    }

    private func part(timeSize: Int) -> [UInt8] {
        var bytes = Array("TZif".utf8) + [UInt8(version.value)] + [UInt8](repeating: 0, count: 15)
        for count in [0, 0, leaps.count, changes.count, types.count, 4] { bytes += big(Int64(count), 4) }
        for change in changes { bytes += big(change.second, timeSize) }
        bytes += changes.map(\.type)
        for type in types { bytes += big(Int64(type), 4) + [0, 0] }
        bytes += Array("XYZ\0".utf8)
        for leap in leaps { bytes += big(leap.second, timeSize) + big(Int64(leap.correction), 4) }
        return bytes
    }

    private func big(_ number: Int64, _ size: Int) -> [UInt8] {
        (0..<size).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
