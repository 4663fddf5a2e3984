// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A live instance of a function: owns what its init closure made, a scratch directory, and its own identity.
@usableFromInline
package final class Environment: Sendable {
    package let id: EnvironmentID
    /// The function as it was when the environment was made: whose variables it has to the end.
    package let snapshot: FunctionSnapshot
    /// Whether it was made ahead.
    package let initialization: EnvironmentContext.Initialization
    /// What the init closure made; nil before it has and after the environment has ended.
    private let contents = Mutex<(any Sendable)?>(nil)
    private let scratch = Mutex<ScratchDirectory?>(nil)
    private let initNanoseconds = Atomic<Int64>(0)
    /// Set by the handler: nothing more runs here.
    private let isDiscarded = Atomic(false)

    package init(
        id: EnvironmentID, of snapshot: FunctionSnapshot,
        _ initialization: EnvironmentContext.Initialization = .onDemand
    ) {
        self.id = id
        self.snapshot = snapshot
        self.initialization = initialization
    }

    package convenience init(id: EnvironmentID, function: FunctionIdentity) {
        self.init(id: id, of: FunctionSnapshot(identity: function, configuration: FunctionConfiguration()))
    }

    package var function: FunctionIdentity { snapshot.identity }

    deinit {
        // A host that was let go without a shutdown leaves no directory behind.
        scratch.withLock { $0 }?.remove()
    }

    package var state: (any Sendable)? { contents.withLock { $0 } }

    package func setState(_ state: any Sendable) { contents.withLock { $0 = state } }

    /// How long its init closure took; zero before it has ended, and where there is none.
    package var initDuration: Duration {
        get { .nanoseconds(initNanoseconds.load(ordering: .relaxed)) }
        set { initNanoseconds.store(newValue.wholeNanoseconds, ordering: .relaxed) }
    }

    package func discard() { isDiscarded.store(true, ordering: .relaxed) }

    package var isToBeDiscarded: Bool { isDiscarded.load(ordering: .relaxed) }

    /// The path of the environment's own directory, made when first asked for.
    package func scratchPath() throws(FunctionHostError) -> String {
        try scratch.withLock { scratch throws(FunctionHostError) in
            if let scratch { return scratch.path }
            let made = try ScratchDirectory(for: function.name)
            scratch = made
            return made.path
        }
    }

    /// Drops the state and removes the directory; the shutdown closure has run by now.
    package func end() {
        contents.withLock { $0 = nil }
        let directory = scratch.withLock { scratch in
            defer { scratch = nil }
            return scratch
        }
        directory?.remove()
    }
}

/// Which execution environment, unique in its host.
public struct EnvironmentID: Sendable, Hashable, CustomStringConvertible {
    /// Counts the environments of a host from 1.
    public let number: Int

    /// Names an environment; hosts do, and tests that make contexts.
    public init(_ number: Int) { self.number = number }

    /// The number as text.
    public var description: String { String(number) }
}

/// What an init or a shutdown closure is told of its execution environment.
public struct EnvironmentContext: Sendable {
    /// The function that the environment is for.
    public let functionName: String
    /// Which version of it.
    public let version: Qualifier
    /// Which environment.
    public let environmentID: EnvironmentID
    /// The function's variables; never the process's own environment.
    public let variables: [String: String]
    /// Whether it is made ahead or because an invocation needs it.
    public let initialization: Initialization

    /// Why an environment is made.
    public enum Initialization: String, Sendable, Hashable {
        /// An invocation found no idle one and waits for it: a cold start.
        case onDemand = "on-demand"
        /// It is made ahead, as ``FunctionConfiguration/provisionedConcurrency`` asks.
        case provisioned = "provisioned-concurrency"
    }

    /// Makes a context; hosts do, and tests of init closures.
    public init(
        functionName: String,
        version: Qualifier = .latest,
        environmentID: EnvironmentID = .init(1),
        variables: [String: String] = [:],
        initialization: Initialization = .onDemand
    ) {
        self.functionName = functionName
        self.version = version
        self.environmentID = environmentID
        self.variables = variables
        self.initialization = initialization
    }
}

/// Why an execution environment ended.
public enum EnvironmentEnd: String, Sendable, Hashable {
    /// Nothing ran in it for the idle time.
    case idle
    /// An attempt in it passed its deadline, so that nobody knows what state it is in.
    case timedOut
    /// Its handler asked for it.
    case discarded
    /// The function's variables or memory class were changed.
    case updated
    /// The function was removed.
    case removed
    /// The host shut down.
    case shutdown
}
