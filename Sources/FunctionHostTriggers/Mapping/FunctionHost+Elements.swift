// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

extension FunctionHost {
    /// Has a function invoked with what the records of a stream hold, decoded, for as long as the host runs.
    ///
    /// What comes before a record that cannot be decoded is done without it; then the batch has failed from that record on, and what
    /// the configuration says of retries isolates it.
    ///
    /// - Parameters:
    ///   - source: Where the records come from; their data is JSON, unless the host has another coder.
    ///   - function: What is invoked with them.
    ///   - configuration: How they become batches, and what becomes of those that fail.
    ///   - options: What else the mapping has.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `alreadyRegistered` or `shuttingDown`.
    @discardableResult
    public func map<Element: Decodable & Sendable>(
        _ source: some StreamSource, to function: Function<[Element], Void>,
        configuration: StreamMappingConfiguration, options: StreamMappingOptions = .init()
    ) throws(FunctionHostError) -> StreamMapping {
        let runner = BatchRunner<StreamBatch>(functionName: function.name) { host, batch, _ in
            var elements: [Element] = []
            elements.reserveCapacity(batch.records.count)
            var failed: SequenceNumber?
            for record in batch.records {
                guard let element = try? host.coder.decode(Element.self, from: record.data) else {
                    failed = record.sequenceNumber
                    break
                }
                elements.append(element)
            }
            if !elements.isEmpty { try await host.invoke(function, with: elements) }
            return BatchReply(failed.map { .failed([$0.description]) } ?? .succeeded)
        }
        return try map(source, runner, configuration, options)
    }

    /// Has a function invoked with what the messages of a queue hold, decoded, for as long as the host runs.
    ///
    /// Messages that cannot be decoded have failed; the others are done without them.
    ///
    /// - Parameters:
    ///   - source: Where the messages come from; their bodies are JSON, unless the host has another coder.
    ///   - function: What is invoked with them.
    ///   - configuration: How they become batches.
    ///   - filter: Which messages the function is given; the others are deleted.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `alreadyRegistered` or `shuttingDown`.
    @discardableResult
    public func map<Element: Decodable & Sendable>(
        _ source: some QueueSource, to function: Function<[Element], Void>,
        configuration: QueueMappingConfiguration = .init(), filter: (@Sendable (QueueMessage) -> Bool)? = nil
    ) throws(FunctionHostError) -> QueueMapping {
        let runner = BatchRunner<QueueBatch>(functionName: function.name) { host, batch, _ in
            var elements: [Element] = []
            var failed: [String] = []
            for message in batch.messages {
                if let element = try? host.coder.decode(Element.self, from: Array(message.body.utf8)) {
                    elements.append(element)
                } else {
                    failed.append(message.id)
                }
            }
            if !elements.isEmpty { try await host.invoke(function, with: elements) }
            return BatchReply(failed.isEmpty ? .succeeded : .failed(failed))
        }
        return try map(source, runner, configuration, filter)
    }
}
