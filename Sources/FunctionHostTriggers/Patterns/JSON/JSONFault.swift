// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Why bytes are not JSON that is looked at here, and where.
struct JSONFault: Error, Hashable, Sendable {
    enum Reason: Hashable, Sendable {
        /// The bytes break the grammar of RFC 8259, or are not UTF-8.
        case syntax(StaticReason)
        /// Objects and lists are nested more deeply than is allowed.
        case tooDeep(limit: Int)
    }

    /// A sentence that is known beforehand, so that no fault holds what was in the bytes.
    enum StaticReason: String, Hashable, Sendable {
        case end = "the text ends too early"
        case value = "a value is expected"
        case key = "a key in quotes is expected"
        case colon = "a colon is expected"
        case commaOrEnd = "a comma or the end of the object or list is expected"
        case trailing = "there is text after the value"
        case control = "a control character in a string must be escaped"
        case escape = "there is no such escape sequence"
        case number = "a number is malformed"
        case utf8 = "the text is not UTF-8"
    }

    let reason: Reason
    /// In bytes, from 0.
    let offset: Int

    init(_ reason: StaticReason, at offset: Int) {
        self.reason = .syntax(reason)
        self.offset = offset
    }

    init(deeperThan limit: Int, at offset: Int) {
        reason = .tooDeep(limit: limit)
        self.offset = offset
    }

    var sentence: String {
        switch reason {
        case .syntax(let reason): reason.rawValue
        case .tooDeep(let limit): "the JSON nests deeper than \(limit) levels"
        }
    }
}
