// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Why filters cannot be those of an event source mapping.
///
/// - Source: AWS Lambda answers `InvalidParameterValueException`, "Invalid filter pattern definition.", to all of these but the
///   first.
public struct FilterCriteriaError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of errors: an open set, so match the ones you handle and leave a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The code as text, as logs show it.
        public let description: String

        /// There are more filters than a mapping may have.
        public static let tooManyFilters = Self(description: "tooManyFilters")
        /// A pattern is none; ``FilterCriteriaError/pattern`` says why.
        public static let invalidPattern = Self(description: "invalidPattern")
        /// What a stream's records hold is always JSON, and the pattern wants a plain text.
        public static let dataMustBeJSON = Self(description: "dataMustBeJSON")
        /// The source is of another kind than the criteria are for.
        public static let otherSource = Self(description: "otherSource")
        /// The text is not `{"Filters": [{"Pattern": "…"}]}`.
        public static let malformed = Self(description: "malformed")
    }

    /// What kind of error it is.
    public let code: Code
    /// Which filter it is about, from 0; nil if all of them.
    public let filter: Int?
    /// What is wrong with the pattern, for ``Code/invalidPattern``.
    public let pattern: EventPatternError?
    /// What is wrong.
    public let reason: String

    init(_ code: Code, filter: Int? = nil, pattern: EventPatternError? = nil, reason: String) {
        self.code = code
        self.filter = filter
        self.pattern = pattern
        self.reason = reason
    }

    /// Filter and reason in one line.
    public var description: String {
        "Invalid filter pattern definition." + (filter.map { " Filter \($0 + 1):" } ?? "") + " \(reason)"
    }
}
