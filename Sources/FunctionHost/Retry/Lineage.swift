// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How often each function occurs in a chain of invocations, each of which enqueued the next.
///
/// A function that enqueues itself, directly or through others, would otherwise go on for ever: the chain is cut.
///
/// Source: AWS Lambda Developer Guide, *Use Lambda recursive loop detection to prevent infinite loops*.
package enum Lineage {
    /// How often a function may occur unless said otherwise.
    package static let defaultLimit = 16

    /// The lineage of an event for a function, enqueued in an invocation that has this one.
    ///
    /// - Parameters:
    ///   - lineage: Empty for what was enqueued from outside.
    ///   - name: The function that the event is for.
    ///   - limit: How often it may occur, this time included.
    /// - Throws: ``FunctionHostError`` as `recursionLimit` if it would occur more often.
    package static func extending(
        _ lineage: [String: Int], with name: String, limit: Int = defaultLimit
    ) throws(FunctionHostError) -> [String: Int] {
        // What a store gives back may be damaged: nothing below 0 is believed, and nothing overflows.
        let occurrences = max(0, lineage[name] ?? 0)
        guard occurrences < limit else {
            throw FunctionHostError(
                .recursionLimit, functionName: name,
                reason: "it occurs \(occurrences) times in its own chain of invocations already, and the limit is "
                    + "\(limit); end the chain, or allow it more")
        }
        return lineage.merging([name: occurrences + 1]) { _, new in new }
    }
}
