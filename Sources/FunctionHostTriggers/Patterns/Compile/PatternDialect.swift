// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Which of the pattern language a service takes.
struct PatternDialect: Sendable {
    /// The operators it has.
    var operators: Set<String>
    /// What `anything-but` may have inside.
    var innerOperators: Set<String>
    /// Whether `prefix` and `suffix` may ignore case.
    var hasCaselessEnds: Bool
    /// Whether an `$or` that is not shaped like one is a field's name.
    var takesOrAsName: Bool
    /// Numbers between bounds and with so many decimals; nil for whatever a double can be.
    var numbers: (magnitude: Double, decimals: Int)?

    static let events = PatternDialect(
        operators: [
            "exactly", "prefix", "suffix", "equals-ignore-case", "wildcard", "anything-but", "numeric", "cidr",
            "exists",
        ],
        innerOperators: ["prefix", "suffix", "equals-ignore-case", "wildcard"], hasCaselessEnds: true,
        takesOrAsName: false, numbers: nil)

    static let topics = PatternDialect(
        operators: ["prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "cidr", "exists"],
        innerOperators: ["prefix"], hasCaselessEnds: false, takesOrAsName: true, numbers: (1e9, 5))

    /// Names that no field inside of an `$or` may have, so that an operator in the wrong place is not taken for a field.
    static let reservedNames: Set<String> = [
        "exactly", "prefix", "suffix", "equals-ignore-case", "anything-but", "wildcard", "exists", "numeric", "cidr",
        "=",
        "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
        "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
    ]
}

/// What is wrong in a pattern; `offset` is in bytes.
struct PatternFault: Error {
    let reason: String
    let offset: Int

    init(_ reason: String, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }
}
