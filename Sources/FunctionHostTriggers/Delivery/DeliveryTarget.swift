// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// Where events are sent: a function of the host, a queue, a stream, or anything that takes them.
public struct DeliveryTarget: Sendable {
    enum Place: Sendable {
        case function(String)
        case sink(any DeliverySink)
    }

    let place: Place
    /// Its resource name, as dead letters tell it.
    public let arn: String

    /// A function of the host, by name: it is given the event asynchronously, by way of the host's queue, with whose durability,
    /// retries and dead letters it goes on from there.
    public static func function(_ name: String) -> Self {
        Self(place: .function(name), arn: FunctionARN(functionName: name).description)
    }

    /// A function of the host, by reference.
    public static func function<Input, Output>(_ function: Function<Input, Output>) -> Self { .function(function.name) }

    /// A queue, whose messages' bodies are what is sent.
    ///
    /// - Parameters:
    ///   - queue: Where to.
    ///   - groupID: The group of all messages; wanted for FIFO queues unless what is sent has one, and for no others.
    public static func queue(_ queue: some MessageSink, groupID: String? = nil) -> Self {
        .sink(QueueDelivery(queue: queue, groupID: groupID))
    }

    /// A stream, whose records' data is what is sent; the partition key is the event's id.
    public static func stream(_ stream: some RecordSink) -> Self { .sink(StreamDelivery(stream: stream)) }

    /// Anything that takes what is sent, such as a topic.
    public static func sink(_ sink: some DeliverySink) -> Self { Self(place: .sink(sink), arn: sink.arn) }
}

/// Something that events are sent to.
public protocol DeliverySink: Sendable {
    /// Its resource name.
    var arn: String { get }

    /// Takes what is sent; once this returns, it is kept there.
    ///
    /// - Throws: ``SourceError`` as `invalidArgument` for what it will never take; whatever else is thrown may pass, and it is
    ///   tried again.
    func take(_ content: DeliveryContent) async throws
}

/// What is sent to a target.
public struct DeliveryContent: Sendable, Hashable {
    /// The id of the event: the same each time it is sent.
    public var id: String
    /// What the target is given, in UTF-8.
    public var body: [UInt8]
    /// The event it was made of, which dead letters hold; nil where that is ``body``.
    public var event: [UInt8]?
    /// What a queue's message has with it.
    public var attributes: [String: MessageAttribute]
    /// The group of a FIFO queue's message; nil for that of the target.
    public var groupID: String?
    /// What a FIFO queue tells a second one by; nil for the id.
    public var deduplicationID: String?
    /// The trace it belongs to.
    public var traceHeader: String?

    /// Describes what is sent.
    public init(
        id: String, body: [UInt8], event: [UInt8]? = nil, attributes: [String: MessageAttribute] = [:],
        groupID: String? = nil, deduplicationID: String? = nil, traceHeader: String? = nil
    ) {
        self.id = id
        self.body = body
        self.event = event
        self.attributes = attributes
        self.groupID = groupID
        self.deduplicationID = deduplicationID
        self.traceHeader = traceHeader
    }

    /// The text of the body.
    public var text: String { String(decoding: body, as: UTF8.self) }
}

private struct QueueDelivery: DeliverySink {
    let queue: any MessageSink
    let groupID: String?

    var arn: String { queue.arn }

    func take(_ content: DeliveryContent) async throws {
        var entry = MessageEntry(body: content.text, attributes: content.attributes)
        if queue.isFIFO {
            entry.groupID = content.groupID ?? groupID
            entry.deduplicationID = content.deduplicationID ?? content.id
        }
        try await queue.send(entry)
    }
}

private struct StreamDelivery: DeliverySink {
    let stream: any RecordSink

    var arn: String { stream.arn }

    func take(_ content: DeliveryContent) async throws {
        try await stream.put([RecordEntry(partitionKey: content.id, data: content.body)])
    }
}
