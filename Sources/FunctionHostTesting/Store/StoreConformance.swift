// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What every store of events must do: each sentence of ``/FunctionHost/InvocationStore`` as a check of its own.
///
/// ```swift
/// @Test(arguments: StoreConformance.Check.allCases)
/// func conforms(_ check: StoreConformance.Check) async throws {
///     try await check.run { try MyStore() }
/// }
/// ```
///
/// The checks tell the time themselves, so that they need no clock; each wants a store that is empty. For a store that outlives
/// its process there are those of ``Check/durable`` besides.
public enum StoreConformance {
    /// Makes every check that needs no reopening, each on a new store.
    ///
    /// - Throws: ``Failure`` of the first rule that is broken.
    public static func check<Store: InvocationStore>(_ makeStore: () async throws -> Store) async throws {
        for check in Check.allCases { try await check.run(on: makeStore) }
    }

    /// One rule, and how to see whether it is kept.
    public struct Check: Sendable, Hashable, Identifiable, CaseIterable, CustomStringConvertible {
        /// The rule, as a sentence.
        public let description: String
        private let needsReopening: Bool
        private let body: @Sendable (StoreBench) async throws -> Void

        init(
            _ rule: String, needsReopening: Bool = false, _ body: @escaping @Sendable (StoreBench) async throws -> Void
        ) {
            description = rule
            self.needsReopening = needsReopening
            self.body = body
        }

        /// What every store must do.
        public static let allCases: [Self] =
            appending + appendingAgain + idempotency + ordering + priorities + delays + turns + leases + rescues
            + expiry
            + settling + histories + followUps + cancelling + condemning + letters + letterFilters + redriving + figures
            + concurrency

        /// What a store that outlives its process must do besides.
        public static let durable: [Self] = reopening

        /// The rule, which no other check has.
        public var id: String { description }

        /// Sees whether a store keeps the rule.
        ///
        /// - Parameters:
        ///   - makeStore: Makes an empty store.
        ///   - reopen: Closes a store and opens what it has kept; for ``durable``, which cannot do without.
        ///   - close: Called at the end, whatever came out, with the store that is open then.
        /// - Throws: ``Failure`` if it is broken, also by an error that the store should not throw.
        public func run<Store: InvocationStore>(
            on makeStore: () async throws -> Store, reopening reopen: ((Store) async throws -> Store)? = nil,
            closing close: (Store) async -> Void = { _ in }
        ) async throws {
            guard !needsReopening || reopen != nil else {
                preconditionFailure("“\(self)” is checked by closing and opening a store: say how, with `reopening:`")
            }
            let bench = StoreBench(
                store: try await makeStore(),
                reopen: reopen.map { reopen in
                    { store in
                        guard let store = store as? Store else { return store }
                        return try await reopen(store)
                    }
                })
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await body(bench))
            } catch let fault as StoreFault {
                outcome = .failure(Failure(rule: description, reason: fault.reason))
            } catch let error as CancellationError {
                outcome = .failure(error)
            } catch {
                outcome = .failure(Failure(rule: description, reason: "the store threw: \(error)"))
            }
            if let store = bench.store as? Store { await close(store) }
            try outcome.get()
        }

        /// Checks of the same rule are the same.
        public static func == (left: Self, right: Self) -> Bool { left.description == right.description }

        /// Hashes the rule.
        public func hash(into hasher: inout Hasher) { hasher.combine(description) }
    }

    /// A rule that a store does not keep.
    public struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// The rule.
        public let rule: String
        /// What was seen instead.
        public let reason: String

        /// Rule and reason in one line.
        public var description: String { "“\(rule)” does not hold: \(reason)" }
    }
}

#if canImport(Testing)
    public import Testing

    extension StoreConformance.Check: CustomTestStringConvertible {
        /// The rule.
        public var testDescription: String { description }
    }
#endif
