// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// One rule that sources keep, and how to see whether one does.
public struct SourceCheck<Subject: Sendable>: Sendable, Identifiable, CustomStringConvertible {
    /// The rule, as a sentence.
    public let description: String
    private let body: @Sendable (Subject) async throws -> Void

    init(_ rule: String, _ body: @escaping @Sendable (Subject) async throws -> Void) {
        description = rule
        self.body = body
    }

    /// The rule, which no other check has.
    public var id: String { description }

    /// Sees whether a source keeps the rule.
    ///
    /// - Parameter makeSubject: Makes an empty source.
    /// - Throws: ``SourceCheckFailure`` if it is broken, also by an error that the source should not throw.
    public func run(on makeSubject: () async throws -> Subject) async throws {
        do {
            try await body(try await makeSubject())
        } catch let fault as SourceFault {
            throw SourceCheckFailure(rule: description, reason: fault.reason)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw SourceCheckFailure(rule: description, reason: "the source threw: \(error)")
        }
    }
}

/// A rule that a source does not keep.
public struct SourceCheckFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The rule.
    public let rule: String
    /// What was seen instead.
    public let reason: String

    /// Rule and reason in one line.
    public var description: String { "“\(rule)” does not hold: \(reason)" }
}

/// What a check has seen that it should not.
struct SourceFault: Error {
    let reason: String
}

/// Expects that something holds.
func expect(_ holds: Bool, _ reason: @autoclosure () -> String) throws {
    guard holds else { throw SourceFault(reason: reason()) }
}

/// Expects that two values are the same.
func equal<Value: Equatable>(_ value: Value, _ expected: Value, _ what: @autoclosure () -> String) throws {
    guard value != expected else { return }
    throw SourceFault(reason: "\(what()): \(value) in place of \(expected)")
}

#if canImport(Testing)
    public import Testing

    extension SourceCheck: CustomTestStringConvertible {
        /// The rule.
        public var testDescription: String { description }
    }
#endif
