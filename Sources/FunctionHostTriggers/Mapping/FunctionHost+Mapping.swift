// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What a mapping of a stream has beside its configuration.
public struct StreamMappingOptions: Sendable {
    /// What it is called; made of source and function unless given. The name under which its checkpoints are kept.
    public var name: String?
    /// Which records the function is given; the others are passed over. All of them unless given.
    public var filter: (@Sendable (StreamRecord) -> Bool)?
    /// Who is told of records that are not tried again.
    public var onFailure: (any Destination)?
    /// Where it keeps how far it has come.
    public var checkpoints: any CheckpointStore

    /// Makes options.
    public init(
        name: String? = nil, filter: (@Sendable (StreamRecord) -> Bool)? = nil, onFailure: (any Destination)? = nil,
        checkpoints: any CheckpointStore = InMemoryCheckpoints()
    ) {
        self.name = name
        self.filter = filter
        self.onFailure = onFailure
        self.checkpoints = checkpoints
    }
}

extension FunctionHost {
    /// Has a function invoked with the records of a stream, for as long as the host runs.
    ///
    /// The function is given records as they are; one that throws has failed with the whole batch.
    ///
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `shuttingDown`, or `alreadyRegistered` if there
    ///   is a mapping of this name.
    @discardableResult
    public func map(
        _ source: some StreamSource, to function: Function<StreamBatch, Void>,
        configuration: StreamMappingConfiguration, options: StreamMappingOptions = .init()
    ) throws(FunctionHostError) -> StreamMapping {
        try map(source, BatchRunner(function) { _ in .succeeded }, configuration, options)
    }

    /// Has a function invoked with the records of a stream, which says how far it came in each batch.
    ///
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `shuttingDown`, or `alreadyRegistered` if there
    ///   is a mapping of this name.
    @discardableResult
    public func map(
        _ source: some StreamSource, to function: Function<StreamBatch, StreamBatchResult>,
        configuration: StreamMappingConfiguration, options: StreamMappingOptions = .init()
    ) throws(FunctionHostError) -> StreamMapping {
        try map(source, BatchRunner(function) { BatchAnswer($0) }, configuration, options)
    }

    /// Has a function invoked by name with events as the service writes them, as a function on Lambda would be.
    ///
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `shuttingDown`, or `alreadyRegistered` if there
    ///   is a mapping of this name.
    @discardableResult
    public func map(
        _ source: some StreamSource, toFunctionNamed name: String, configuration: StreamMappingConfiguration,
        options: StreamMappingOptions = .init()
    ) throws(FunctionHostError) -> StreamMapping {
        try map(source, BatchRunner(named: name, of: source), configuration, options)
    }

    func map(
        _ source: some StreamSource, _ runner: BatchRunner<StreamBatch>, _ configuration: StreamMappingConfiguration,
        _ options: StreamMappingOptions
    ) throws(FunctionHostError) -> StreamMapping {
        try configuration.check(runner)
        if source.service.isInSeconds, case .at = configuration.startingPosition {
            throw FunctionHostError(
                .invalidConfiguration, functionName: runner.functionName,
                reason: "changes of a table are not read from a time on: begin with the oldest or the latest")
        }
        let name = options.name ?? "\(source.arn) to \(runner.functionName)"
        let mapping = StreamMapping(name, source, runner, configuration, options)
        try attach(mapping, isUnique: true)
        return mapping
    }
}

extension FunctionHost {
    /// Has a function invoked with the messages of a queue, for as long as the host runs.
    ///
    /// The function is given messages as they are; one that throws has failed with the whole batch.
    ///
    /// - Parameters:
    ///   - source: Where the messages come from.
    ///   - function: What is invoked with them.
    ///   - configuration: How they become batches.
    ///   - filter: Which messages the function is given; the others are deleted.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `shuttingDown`, or `alreadyRegistered` if there
    ///   is a mapping of this name.
    @discardableResult
    public func map(
        _ source: some QueueSource, to function: Function<QueueBatch, Void>,
        configuration: QueueMappingConfiguration = .init(), filter: (@Sendable (QueueMessage) -> Bool)? = nil
    ) throws(FunctionHostError) -> QueueMapping {
        try map(source, BatchRunner(function) { _ in .succeeded }, configuration, filter)
    }

    /// Has a function invoked with the messages of a queue, which says which ones failed.
    ///
    /// - Parameters:
    ///   - source: Where the messages come from.
    ///   - function: What is invoked with them.
    ///   - configuration: How they become batches.
    ///   - filter: Which messages the function is given; the others are deleted.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `shuttingDown`, or `alreadyRegistered` if there
    ///   is a mapping of this name.
    @discardableResult
    public func map(
        _ source: some QueueSource, to function: Function<QueueBatch, QueueBatchResult>,
        configuration: QueueMappingConfiguration = .init(), filter: (@Sendable (QueueMessage) -> Bool)? = nil
    ) throws(FunctionHostError) -> QueueMapping {
        try map(source, BatchRunner(function) { BatchAnswer($0) }, configuration, filter)
    }

    /// Has a function invoked by name with events as the service writes them, as a function on Lambda would be.
    ///
    /// - Parameters:
    ///   - source: Where the messages come from.
    ///   - name: The name of the function that is invoked with them.
    ///   - configuration: How they become batches.
    ///   - filter: Which messages the function is given; the others are deleted.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `shuttingDown`, or `alreadyRegistered` if there
    ///   is a mapping of this name.
    @discardableResult
    public func map(
        _ source: some QueueSource, toFunctionNamed name: String,
        configuration: QueueMappingConfiguration = .init(), filter: (@Sendable (QueueMessage) -> Bool)? = nil
    ) throws(FunctionHostError) -> QueueMapping {
        try map(source, BatchRunner(named: name) { source.event(of: $0.messages) }, configuration, filter)
    }

    func map(
        _ source: some QueueSource, _ runner: BatchRunner<QueueBatch>, _ configuration: QueueMappingConfiguration,
        _ filter: (@Sendable (QueueMessage) -> Bool)?
    ) throws(FunctionHostError) -> QueueMapping {
        try configuration.check(runner.functionName, isFIFO: source.isFIFO)
        let mapping = QueueMapping("\(source.arn) to \(runner.functionName)", source, runner, configuration, filter)
        try attach(mapping, isUnique: true)
        return mapping
    }
}

extension StreamMappingConfiguration {
    func check(_ runner: BatchRunner<StreamBatch>) throws(FunctionHostError) {
        guard let fault = fault ?? fault(with: runner) else { return }
        throw FunctionHostError(.invalidConfiguration, functionName: runner.functionName, reason: fault)
    }

    private func fault(with runner: BatchRunner<StreamBatch>) -> String? {
        switch (runner.keepsState, tumblingWindow) {
        case (true, nil): "a function of a WindowBatch needs a tumblingWindow"
        case (false, .some): "a tumblingWindow needs a function of a WindowBatch, or one that is mapped by name"
        default: nil
        }
    }
}

extension BatchAnswer {
    fileprivate init(_ result: QueueBatchResult) {
        switch result {
        case .succeeded, .failed([]): self = .succeeded
        case .failed(let ids): self = .failed(ids.sorted())
        }
    }

    init(_ result: StreamBatchResult) {
        switch result {
        case .succeeded: self = .succeeded
        case .failed(let number): self = .failed([number.description])
        }
    }
}
