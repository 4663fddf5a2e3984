// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What came of one element of a batch.
public enum ElementResult: String, Sendable, Hashable, Codable {
    /// It is done.
    case done
    /// It is to be tried again.
    case failed
}

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
        try map(source, BatchRunner(streaming: function) { _, _ in nil }, configuration, options)
    }

    /// Has a function invoked with what the records of a stream hold, decoded, which says of each what came of it.
    ///
    /// The first one that failed and all after it are tried again. An answer that has not a result for each has failed as a whole.
    ///
    /// - Parameters:
    ///   - source: Where the records come from; their data is JSON, unless the host has another coder.
    ///   - function: What is invoked with them; returns a result for each, in order.
    ///   - configuration: How they become batches, and what becomes of those that fail.
    ///   - options: What else the mapping has.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `alreadyRegistered` or `shuttingDown`.
    @discardableResult
    public func map<Element: Decodable & Sendable>(
        _ source: some StreamSource, to function: Function<[Element], [ElementResult]>,
        configuration: StreamMappingConfiguration, options: StreamMappingOptions = .init()
    ) throws(FunctionHostError) -> StreamMapping {
        let runner = BatchRunner(streaming: function) { results, count throws(FunctionFailure) in
            try results.failures(of: count).first
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
        try map(source, BatchRunner(queueing: function) { _, _ in [] }, configuration, filter)
    }

    /// Has a function invoked with what the messages of a queue hold, decoded, which says of each what came of it.
    ///
    /// Those that failed come again. An answer that has not a result for each has failed as a whole.
    ///
    /// - Parameters:
    ///   - source: Where the messages come from; their bodies are JSON, unless the host has another coder.
    ///   - function: What is invoked with them; returns a result for each, in order.
    ///   - configuration: How they become batches.
    ///   - filter: Which messages the function is given; the others are deleted.
    /// - Returns: What the mapping is paused, changed and deleted by.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `alreadyRegistered` or `shuttingDown`.
    @discardableResult
    public func map<Element: Decodable & Sendable>(
        _ source: some QueueSource, to function: Function<[Element], [ElementResult]>,
        configuration: QueueMappingConfiguration = .init(), filter: (@Sendable (QueueMessage) -> Bool)? = nil
    ) throws(FunctionHostError) -> QueueMapping {
        let runner = BatchRunner(queueing: function) { results, count throws(FunctionFailure) in
            try results.failures(of: count)
        }
        return try map(source, runner, configuration, filter)
    }
}

extension [ElementResult] {
    /// The places of those that failed; throws if there is not one for each element.
    func failures(of count: Int) throws(FunctionFailure) -> [Int] {
        guard self.count == count else { throw FunctionFailure(error: nil) }
        return indices.filter { self[$0] == .failed }
    }
}

extension BatchRunner<StreamBatch> {
    /// A function that is given what the records hold.
    ///
    /// - Parameter firstFailure: The place of the first element that failed, by what the function returned for so many.
    fileprivate init<Element: Decodable & Sendable, Output: Sendable>(
        streaming function: Function<[Element], Output>,
        firstFailure: @escaping @Sendable (Output, Int) throws(FunctionFailure) -> Int?
    ) {
        self.init(streaming: function, firstFailure: firstFailure) { host, record in
            try host.coder.decode(Element.self, from: record.data)
        }
    }

    /// A function that is given what the records hold, by `decode`.
    ///
    /// - Parameter firstFailure: The place of the first element that failed, by what the function returned for so many.
    init<Element: Sendable, Output: Sendable>(
        streaming function: Function<[Element], Output>,
        firstFailure: @escaping @Sendable (Output, Int) throws(FunctionFailure) -> Int?,
        decode: @escaping @Sendable (FunctionHost, StreamRecord) throws -> Element
    ) {
        self.init(functionName: function.name) { host, batch, _ in
            var elements: [Element] = []
            elements.reserveCapacity(batch.records.count)
            var failed: SequenceNumber?
            for record in batch.records {
                guard let element = try? decode(host, record) else {
                    failed = record.sequenceNumber
                    break
                }
                elements.append(element)
            }
            if !elements.isEmpty {
                let output = try await host.invoke(function, with: elements)
                if let place = try firstFailure(output, elements.count) { failed = batch.records[place].sequenceNumber }
            }
            return BatchReply(failed.map { .failed([$0.description]) } ?? .succeeded)
        }
    }
}

extension BatchRunner<QueueBatch> {
    /// A function that is given what the messages hold.
    ///
    /// - Parameter failures: The places of the elements that failed, by what the function returned for so many.
    fileprivate init<Element: Decodable & Sendable, Output: Sendable>(
        queueing function: Function<[Element], Output>,
        failures: @escaping @Sendable (Output, Int) throws(FunctionFailure) -> [Int]
    ) {
        self.init(functionName: function.name) { host, batch, _ in
            var elements: [Element] = []
            var ids: [String] = []
            var failed: [String] = []
            for message in batch.messages {
                if let element = try? host.coder.decode(Element.self, from: Array(message.body.utf8)) {
                    elements.append(element)
                    ids.append(message.id)
                } else {
                    failed.append(message.id)
                }
            }
            if !elements.isEmpty {
                let output = try await host.invoke(function, with: elements)
                failed += try failures(output, elements.count).map { ids[$0] }
            }
            return BatchReply(failed.isEmpty ? .succeeded : .failed(failed))
        }
    }
}
