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
    /// Whether it is a FIFO queue, which wants groups.
    let isFIFO: Bool

    private init(_ place: Place, arn: String, isFIFO: Bool = false) {
        self.place = place
        self.arn = arn
        self.isFIFO = isFIFO
    }

    /// A function of the host, by name: it is given the event asynchronously, by way of the host's queue, with whose durability,
    /// retries and dead letters it goes on from there.
    public static func function(_ name: String) -> Self {
        Self(.function(name), arn: FunctionARN(functionName: name).description)
    }

    /// A function of the host, by reference.
    public static func function<Input, Output>(_ function: Function<Input, Output>) -> Self { .function(function.name) }

    /// A queue, whose messages' bodies are what is sent.
    ///
    /// - Parameters:
    ///   - queue: Where to.
    ///   - groupID: The group of all messages; wanted for FIFO queues unless what is sent has one, and for no others.
    public static func queue(_ queue: some MessageSink, groupID: String? = nil) -> Self {
        Self(.sink(QueueDelivery(queue: queue, groupID: groupID)), arn: queue.arn, isFIFO: queue.isFIFO)
    }

    /// A stream, whose records' data is what is sent; the partition key is the event's id.
    public static func stream(_ stream: some RecordSink) -> Self { .sink(StreamDelivery(stream: stream, path: nil)) }

    /// A stream, whose records' data is what is sent.
    ///
    /// - Parameters:
    ///   - stream: Where to.
    ///   - partitionKeyPath: Where the partition key is in the event, such as `$.detail.customer`; where nothing is, it is the event's id.
    /// - Throws: ``SourceError`` as `invalidArgument` if it is no path.
    public static func stream(_ stream: some RecordSink, partitionKeyPath: String) throws(SourceError) -> Self {
        do {
            return .sink(StreamDelivery(stream: stream, path: try JSONPath(partitionKeyPath)))
        } catch {
            throw SourceError(
                .invalidArgument,
                reason:
                    "the partition key's path is none: \(error.reason) at byte \(error.offset) of \(partitionKeyPath)")
        }
    }

    /// Anything that takes what is sent, such as a topic.
    public static func sink(_ sink: some DeliverySink) -> Self { Self(.sink(sink), arn: sink.arn) }
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
    let path: JSONPath?

    var arn: String { stream.arn }

    func take(_ content: DeliveryContent) async throws {
        try await stream.put([RecordEntry(partitionKey: partitionKey(of: content), data: content.body)])
    }

    private func partitionKey(of content: DeliveryContent) -> String {
        // Where the event is no JSON there is nothing at any path.
        guard let path,
            let tape = try? JSONTape(content.event ?? content.body, maximumDepth: EventPattern.maximumEventDepth),
            let index = path.find(in: tape)
        else { return content.id }
        if case .string(let text) = tape.values[index].kind { return String(decoding: text, as: UTF8.self) }
        return String(decoding: tape.text(of: index), as: UTF8.self)
    }
}
