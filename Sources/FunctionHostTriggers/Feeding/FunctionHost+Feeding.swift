// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

extension FunctionHost {
    /// Has the elements of an asynchronous sequence put into a stream, for as long as the host runs; mappings of the stream take them
    /// from there.
    ///
    /// The sequence waits where the stream has no room. It cannot be told what became of its elements: see ``SequenceFeed``.
    ///
    /// - Parameters:
    ///   - elements: Where they come from; gone through once, from its beginning.
    ///   - stream: Where they are put.
    ///   - name: What the feed is called in events; made of the stream unless given.
    ///   - entry: The record of an element; an element for which it throws is left out, which observers are told.
    /// - Returns: The service that does it.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `shuttingDown`.
    @discardableResult
    public func feed<Elements: AsyncSequence & Sendable>(
        _ elements: Elements, into stream: some RecordSink, named name: String? = nil,
        as entry: @escaping @Sendable (Elements.Element) throws -> RecordEntry
    ) throws(FunctionHostError) -> SequenceFeed<Elements> where Elements.Element: Sendable {
        try feed(name ?? "sequence to \(stream.arn)", elements, FeedSink(stream, entry: entry))
    }

    /// Has the elements of an asynchronous sequence put into a stream, encoded.
    ///
    /// - Parameters:
    ///   - elements: Where they come from; gone through once, from its beginning.
    ///   - stream: Where they are put, encoded by the host's coder.
    ///   - name: What the feed is called in events; made of the stream unless given.
    ///   - partitionKey: Elements of one key stay in order.
    /// - Returns: The service that does it.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `shuttingDown`.
    @discardableResult
    public func feed<Elements: AsyncSequence & Sendable>(
        _ elements: Elements, into stream: some RecordSink, named name: String? = nil,
        partitionKey: @escaping @Sendable (Elements.Element) -> String
    ) throws(FunctionHostError) -> SequenceFeed<Elements> where Elements.Element: Encodable & Sendable {
        try feed(elements, into: stream, named: name) { [coder] element in
            RecordEntry(partitionKey: partitionKey(element), data: try coder.encode(element))
        }
    }

    /// Has the elements of an asynchronous sequence sent to a queue, for as long as the host runs; mappings of the queue take them from
    /// there.
    ///
    /// The sequence waits where the queue has no room. It cannot be told what became of its elements: see ``SequenceFeed``.
    ///
    /// - Parameters:
    ///   - elements: Where they come from; gone through once, from its beginning.
    ///   - queue: Where they are sent.
    ///   - name: What the feed is called in events; made of the queue unless given.
    ///   - entry: The message of an element; an element for which it throws is left out, which observers are told.
    /// - Returns: The service that does it.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `shuttingDown`.
    @discardableResult
    public func feed<Elements: AsyncSequence & Sendable>(
        _ elements: Elements, into queue: some MessageSink, named name: String? = nil,
        as entry: @escaping @Sendable (Elements.Element) throws -> MessageEntry
    ) throws(FunctionHostError) -> SequenceFeed<Elements> where Elements.Element: Sendable {
        try feed(name ?? "sequence to \(queue.arn)", elements, FeedSink(queue, entry: entry))
    }

    private func feed<Elements: AsyncSequence & Sendable>(
        _ name: String, _ elements: Elements, _ sink: FeedSink<Elements.Element>
    ) throws(FunctionHostError) -> SequenceFeed<Elements> where Elements.Element: Sendable {
        let feed = SequenceFeed(name, elements, sink)
        try attach(feed)
        return feed
    }
}
