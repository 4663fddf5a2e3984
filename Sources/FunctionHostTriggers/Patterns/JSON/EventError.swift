// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Why an event cannot be looked at.
public struct EventError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of errors: an open set, so match the ones you handle and leave a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code as text, as logs show it.
        public let description: String

        /// The event is not JSON in UTF-8.
        public static let malformed = Self(description: "malformed")
        /// The event is JSON, but not an object.
        public static let notAnObject = Self(description: "notAnObject")
        /// The event nests more deeply than EventPattern/maximumEventDepth.
        public static let tooDeep = Self(description: "tooDeep")
        /// So many lists stand side by side in the event that it cannot be said in reasonable time whether their elements agree.
        public static let tooComplex = Self(description: "tooComplex")
    }

    /// What kind of error it is.
    public let code: Code
    /// Where, in bytes from 0; nil if it is about the event as a whole.
    public let offset: Int?
    /// What is wrong; nothing of the event is in it.
    public let reason: String

    init(_ code: Code, at offset: Int? = nil, reason: String) {
        self.code = code
        self.offset = offset
        self.reason = reason
    }

    init(_ fault: JSONFault) {
        switch fault.reason {
        case .syntax: self.init(.malformed, at: fault.offset, reason: fault.sentence)
        case .tooDeep: self.init(.tooDeep, at: fault.offset, reason: fault.sentence)
        }
    }

    /// Code, place and reason in one line.
    public var description: String {
        "\(code)" + (offset.map { " (byte \($0))" } ?? "") + ": \(reason)"
    }
}
