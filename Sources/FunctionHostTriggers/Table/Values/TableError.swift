// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a table, or a value for one, could not do.
public struct TableError: Error, Sendable, CustomStringConvertible {
    /// Which kind of fault it is; more may come.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// Its name.
        public let description: String

        init(_ description: String) { self.description = description }

        /// The table cannot be made so: its name, its key, or a limit.
        public static let invalidConfiguration = Self("invalidConfiguration")
        /// A value cannot be: a number out of range, an empty set, too deep, too large.
        public static let invalidValue = Self("invalidValue")
        /// A key is missing, of another type, empty, or too long.
        public static let invalidKey = Self("invalidKey")
        /// A condition or an update makes no sense, for any item or for this one.
        public static let invalidExpression = Self("invalidExpression")
        /// The condition does not hold; nothing was written.
        public static let conditionFailed = Self("conditionFailed")
        /// A transaction was not done, for ``TableError/reasons``; nothing was written.
        public static let transactionCancelled = Self("transactionCancelled")
        /// There is no room for the item, or for the record of its change; nothing was written.
        public static let full = Self("full")
        /// The table keeps no changes.
        public static let noChangeStream = Self("noChangeStream")
    }

    /// Which kind of fault it is.
    public let code: Code
    /// What happened, and what to do; never a part of an item.
    public let reason: String
    /// The item as it is, for ``Code/conditionFailed`` where there is one (`ReturnValuesOnConditionCheckFailure`).
    public let item: AttributeMap?
    /// For ``Code/transactionCancelled``: what each of its writes failed at, nil for those that did not.
    public let reasons: [TableError?]

    package init(_ code: Code, reason: String, item: AttributeMap? = nil, reasons: [TableError?] = []) {
        self.code = code
        self.reason = reason
        self.item = item
        self.reasons = reasons
    }

    /// The code and the reason.
    public var description: String { "\(code): \(reason)" }
}
