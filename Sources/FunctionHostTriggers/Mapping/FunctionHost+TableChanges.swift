// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

extension FunctionHost {
    /// Has a function invoked with the changes of a table, for as long as the host runs, whatever coder the host has.
    ///
    /// - Parameters:
    ///   - source: The changes.
    ///   - function: What is invoked with them.
    ///   - configuration: How they become batches, and what becomes of those that fail.
    ///   - options: What else the mapping has.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `alreadyRegistered` or `shuttingDown`.
    @discardableResult
    public func map(
        _ source: TableChanges, to function: Function<[TableChange], Void>,
        configuration: StreamMappingConfiguration, options: StreamMappingOptions = .init()
    ) throws(FunctionHostError) -> StreamMapping {
        let runner = BatchRunner(streaming: function) { _, _ in
            nil
        } decode: { _, record in
            try TableChange(record)
        }
        return try map(source, runner, configuration, options)
    }

    /// Has a function invoked with the changes of a table, which says of each what came of it.
    ///
    /// The first one that failed and all after it are tried again. An answer that has not a result for each has failed as a whole.
    ///
    /// - Parameters:
    ///   - source: The changes.
    ///   - function: What is invoked with them; returns a result for each, in order.
    ///   - configuration: How they become batches, and what becomes of those that fail.
    ///   - options: What else the mapping has.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `alreadyRegistered` or `shuttingDown`.
    @discardableResult
    public func map(
        _ source: TableChanges, to function: Function<[TableChange], [ElementResult]>,
        configuration: StreamMappingConfiguration, options: StreamMappingOptions = .init()
    ) throws(FunctionHostError) -> StreamMapping {
        let runner = BatchRunner(streaming: function) { results, count throws(FunctionFailure) in
            try results.failures(of: count).first
        } decode: { _, record in
            try TableChange(record)
        }
        return try map(source, runner, configuration, options)
    }
}
