// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Why a pattern is not one, and where in its text.
///
/// - Source: The reasons are those that Amazon EventBridge gives with `InvalidEventPatternException`.
public struct EventPatternError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, as EventBridge says it.
    public let reason: String
    /// Where, in bytes of the pattern's UTF-8, from 0.
    public let offset: Int
    /// Where, in lines from 1.
    public let line: Int
    /// Where in the line, in characters (Unicode scalars) from 1.
    public let column: Int

    init(_ reason: String, at offset: Int, in text: [UInt8]) {
        self.reason = reason
        self.offset = min(offset, text.count)
        let before = text[..<self.offset]
        line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let lineStart = (before.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
    }

    /// One sentence with the reason and the place.
    public var description: String {
        "Event pattern is not valid. Reason: \(reason) at line \(line), column \(column)"
    }
}
