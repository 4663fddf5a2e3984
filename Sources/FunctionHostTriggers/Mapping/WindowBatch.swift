// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// Records of one shard and one tumbling window, with what the function made of the window so far.
///
/// A window's last batch has no records: ``isFinal`` says that it is over.
public struct WindowBatch<State: Sendable>: Sendable {
    /// In order; empty if, and only if, this is the end of the window.
    public let records: [StreamRecord]
    /// Where they are from; windows of different shards have nothing to do with each other.
    public let shard: ShardID
    /// Which window it is.
    public let window: TumblingWindow
    /// What the function answered to the batch before; nil at the beginning of a window.
    public let state: State?
    /// Whether the window is over; what is answered then is not kept.
    public let isFinal: Bool
    /// Whether it is over before its time: the state has become too large, or the mapping has no windows any more.
    public let isTerminatedEarly: Bool

    /// Makes a batch; mappings do, and tests of handlers.
    public init(
        records: [StreamRecord], shard: ShardID, window: TumblingWindow, state: State?, isFinal: Bool = false,
        isTerminatedEarly: Bool = false
    ) {
        self.records = records
        self.shard = shard
        self.window = window
        self.state = state
        self.isFinal = isFinal
        self.isTerminatedEarly = isTerminatedEarly
    }
}

/// What a function says of a batch of a window where some of it may have failed.
public struct WindowBatchResult<State: Sendable>: Sendable {
    /// What it made of the window, with everything that is done.
    public var state: State
    /// What is to be tried again.
    public var records: StreamBatchResult

    /// Describes what came of a batch.
    public init(state: State, records: StreamBatchResult = .succeeded) {
        self.state = state
        self.records = records
    }
}

extension FunctionHost {
    /// Has a function invoked with the records of a stream, window by window, with what it answered to the batch before.
    ///
    /// The answer is kept with the checkpoint: a record is reckoned once, however often hosts end.
    ///
    /// - Parameters:
    ///   - source: Where the records come from.
    ///   - function: What is invoked with them, and returns the state of the window.
    ///   - configuration: How they become batches; with a ``StreamMappingConfiguration/tumblingWindow``.
    ///   - options: What else the mapping has.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `shuttingDown` or `alreadyRegistered`.
    @discardableResult
    public func map<State: Codable & Sendable>(
        _ source: some StreamSource, to function: Function<WindowBatch<State>, State>,
        configuration: StreamMappingConfiguration, options: StreamMappingOptions = .init()
    ) throws(FunctionHostError) -> StreamMapping {
        let runner = BatchRunner(function) { (state: State) in WindowBatchResult(state: state) }
        return try map(source, runner, configuration, options)
    }

    /// Has a function invoked with the records of a stream, window by window, which also says how far it came in each batch.
    ///
    /// - Parameters:
    ///   - source: Where the records come from.
    ///   - function: What is invoked with them, and returns the state of the window.
    ///   - configuration: How they become batches; with a ``StreamMappingConfiguration/tumblingWindow``.
    ///   - options: What else the mapping has.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `shuttingDown` or `alreadyRegistered`.
    @discardableResult
    public func map<State: Codable & Sendable>(
        _ source: some StreamSource, to function: Function<WindowBatch<State>, WindowBatchResult<State>>,
        configuration: StreamMappingConfiguration, options: StreamMappingOptions = .init()
    ) throws(FunctionHostError) -> StreamMapping {
        try map(source, BatchRunner(function) { $0 }, configuration, options)
    }
}

extension BatchRunner<StreamBatch> {
    /// A function that is given the batch as it is, and its state decoded.
    fileprivate init<State: Codable & Sendable, Output: Sendable>(
        _ function: Function<WindowBatch<State>, Output>,
        result: @escaping @Sendable (Output) -> WindowBatchResult<State>
    ) {
        self.init(functionName: function.name, keepsState: true) { host, batch, _ in
            // A mapping of such a function has windows.
            guard let turn = batch.turn else { throw FunctionFailure(error: nil) }
            let state: State?
            do {
                state = try turn.state.map { try host.coder.decode(State.self, from: $0) }
            } catch { throw FunctionFailure(error: error) }
            let given = WindowBatch(
                records: batch.records, shard: batch.shard, window: turn.window, state: state, isFinal: turn.isFinal,
                isTerminatedEarly: turn.isTerminatedEarly)
            let result = result(try await host.invoke(function, with: given))
            if turn.isFinal { return BatchReply(BatchAnswer(result.records)) }
            do {
                return BatchReply(BatchAnswer(result.records), state: try host.coder.encode(result.state))
            } catch { throw FunctionFailure(error: error) }
        }
    }
}
