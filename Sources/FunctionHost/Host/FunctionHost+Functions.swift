// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// A function as people who list functions see it.
public struct FunctionDescription: Sendable {
    /// Its name.
    public let name: String
    /// The version described.
    public let version: Qualifier
    /// How it is run.
    public let configuration: FunctionConfiguration
    /// The Swift type it takes, as text.
    public let inputType: String
    /// The Swift type it gives, as text; of a chunk, if it streams.
    public let outputType: String
    /// Whether it answers with a stream.
    public let isStreaming: Bool
    /// Whether it can be invoked with bytes: whether its types are `Codable`, `Void`, or bytes themselves.
    public let takesBytes: Bool
    /// Invocations that run now.
    public let concurrentExecutions: Int
    /// Execution environments there are now: starting, idle and lent.
    public let environments: Int
    /// Those of them in which nothing runs.
    public let idleEnvironments: Int
}

extension FunctionHost {
    /// All functions, by name.
    public func listFunctions() -> [FunctionDescription] {
        state.withLock { state in state.live.map { describe($0, state) } }
    }

    /// One function.
    ///
    /// - Throws: ``FunctionHostError`` as `notFound`.
    public func describe(_ name: String) throws(FunctionHostError) -> FunctionDescription {
        try state.withLock { state throws(FunctionHostError) in
            guard let record = state.record(named: name) else { throw .notFound(name) }
            return describe(state.functions[record.slot], state)
        }
    }

    /// Changes how a live function is run: from the next invocation on, and without losing any that runs.
    ///
    /// Changed variables or memory make new execution environments; a changed limit lets those who wait go on at once.
    /// ``FunctionConfiguration/placement`` is settled when a function is registered.
    ///
    /// - Parameters:
    ///   - name: The function's name.
    ///   - change: Changes the configuration; again, if somebody else has changed it meanwhile.
    /// - Returns: The configuration as it is now.
    /// - Throws: ``FunctionHostError`` as `notFound` or `invalidConfiguration`; then nothing has changed.
    @discardableResult
    public func update(
        _ name: String, _ change: (inout FunctionConfiguration) -> Void
    ) throws(FunctionHostError) -> FunctionConfiguration {
        while true {
            let record = try record(named: name)
            let old = state.withLock { $0.functions[record.slot].snapshot }
            var configuration = old.configuration
            change(&configuration)
            let fault =
                configuration.placement == old.configuration.placement
                ? configuration.fault : "placement cannot change; remove the function and register it anew"
            if let fault { throw FunctionHostError(.invalidConfiguration, functionName: name, reason: fault) }
            let done = try state.withLock { state throws(FunctionHostError) -> HostStateMachine.UpdateAction? in
                guard state.isLive(record) else { throw .notFound(name) }
                // Another update came between: this one is not to undo it.
                guard state.functions[record.slot].snapshot === old else { return nil }
                return try state.update(record, configuration, idleTimeout: self.configuration.idleTimeout)
            }
            guard let done else { continue }
            for ticket in done.granted { ticket.give(.granted) }
            for environment in done.ended { endWhereTaken(environment, record) }
            if let expiry = done.expiry { scheduleExpiry(of: record, at: expiry) }
            observers.emit(.functionUpdated(name: name))
            provision(record)
            return configuration
        }
    }

    /// Removes a function: what runs goes on to its end, who waits and who comes later gets `notFound`.
    ///
    /// If the host is running, its events in the queue become dead letters, unless a function of that name is there again in a
    /// moment. Otherwise they wait for one until they are too old.
    ///
    /// - Throws: ``FunctionHostError`` as `notFound`.
    public func remove(_ name: String) throws(FunctionHostError) {
        let record = try record(named: name)
        let (refused, granted, ended, expiry) = try state.withLock { state throws(FunctionHostError) in
            guard state.isLive(record) else { throw .notFound(name) }
            return state.remove(record)
        }
        for ticket in refused { ticket.give(.refused(.notFound(name))) }
        for ticket in granted { ticket.give(.granted) }
        for environment in ended { endWhereTaken(environment, record) }
        // It holds the function.
        if let expiry { timer.cancel(expiry) }
        observers.emit(.functionRemoved(name: name))
        condemnEvents(ofRemoved: name)
    }

    func record(named name: String) throws(FunctionHostError) -> FunctionRecord {
        guard let record = state.withLock({ $0.record(named: name) }) else { throw .notFound(name) }
        return record
    }

    private func describe(_ function: HostStateMachine.FunctionState, _ state: borrowing HostStateMachine)
        -> FunctionDescription
    {
        FunctionDescription(
            name: function.record.identity.name, version: function.record.identity.version,
            configuration: function.snapshot.configuration, inputType: function.record.signature.input,
            outputType: function.record.signature.output, isStreaming: function.record.signature.isStreaming,
            takesBytes: function.record.signature.byteFault == nil,
            concurrentExecutions: state.admission.inFlight(of: function.record.slot),
            environments: function.pool.count, idleEnvironments: function.pool.idleCount)
    }
}
