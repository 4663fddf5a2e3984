// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// Takes messages and sends each to all subscribers that want it.
///
/// ```swift
/// let topic = try Topic("orders", on: host)
/// try topic.subscribe(.function("mail"))
/// try await topic.publish(TopicMessage("7 was ordered", attributes: ["kind": .string("new")]))
/// ```
///
/// A message that was accepted is with each subscriber, or kept in the host's queue to be sent again. A topic whose name ends in `.fifo`
/// sends to FIFO queues, each group in order; it sends while the host runs. Subscriptions live no longer than the process; a program makes
/// them again when it starts, and what was kept for them goes on.
///
/// - Source: Amazon SNS Developer Guide and API Reference.
public final class Topic: Sendable {
    /// How many messages a batch may have.
    public static let batchLimit = 10

    /// Its name.
    public let name: String
    /// Its resource name, such as `arn:aws:sns:local:000000000000:orders`.
    public let arn: String
    /// Whether messages of one group come in order: whether its name ends in `.fifo`.
    public let isFIFO: Bool
    /// The host whose functions it sends to.
    public let host: FunctionHost

    private let configuration: Configuration
    private let rules: TopicRules
    private let deliverer: Deliverer
    private let subscribers = Mutex(SubscriberList())
    private let lastNumber = Mutex<Int64>(0)

    /// Makes a topic without subscribers.
    ///
    /// - Parameters:
    ///   - name: 1 to 256 letters and digits of ASCII, `-` and `_`; `.fifo` at its end makes a FIFO topic.
    ///   - host: Whose functions it sends to; a function of the topic's own is registered there, for what is sent again.
    ///   - configuration: Its limits.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `alreadyRegistered` if the host has a topic of this name, `invalidName`,
    ///   `invalidConfiguration` or `shuttingDown`.
    public init(
        _ name: String, on host: FunctionHost, configuration: Configuration = .init()
    ) throws(FunctionHostError) {
        isFIFO = name.hasSuffix(".fifo")
        guard name.utf8.count <= 256, ResourceName.isValid(isFIFO ? String(name.dropLast(5)) : name, atMost: 256, "_-")
        else {
            throw FunctionHostError(
                .invalidName,
                reason:
                    "“\(name)” is no name of a topic: 1 to 256 letters and digits of ASCII, '-' and '_', and perhaps .fifo"
            )
        }
        guard configuration.messageSizeLimit >= 1, configuration.subscriptionLimit >= 1 else {
            throw FunctionHostError(.invalidConfiguration, reason: "a limit of the topic \(name) is less than 1")
        }
        self.name = name
        self.host = host
        self.configuration = configuration
        arn = "arn:aws:sns:\(configuration.region):\(configuration.account):\(name)"
        rules = TopicRules(
            isFIFO: isFIFO, deduplicatesByContent: configuration.deduplicatesByContent,
            sizeLimit: configuration.messageSizeLimit)
        deliverer = try Deliverer(name, kind: "topic", on: host)
    }

    /// Ends all subscriptions, and lets another topic have the name: messages that are published from now on go nowhere.
    ///
    /// What is kept to be sent again becomes dead letters of the host, unless there is a topic of this name in a moment.
    public func delete() {
        subscribers.withLock { $0 = SubscriberList() }
        deliverer.end()
    }

    // MARK: - Subscribing

    /// Its subscriptions, in the order in which they were made.
    public var subscriptions: [TopicSubscription] { subscribers.withLock { $0.all.map(\.subscription) } }

    /// Has messages sent to a function or a queue from now on; one that subscribes already gets these options.
    ///
    /// - Returns: What it is changed and ended by.
    /// - Throws: ``TopicError`` as `invalidParameter` or `subscriptionLimitExceeded`.
    /// - Source: Amazon SNS API Reference, *Subscribe*.
    @discardableResult
    public func subscribe(
        _ endpoint: DeliveryTarget, options: SubscriptionOptions = .init()
    ) throws(TopicError) -> TopicSubscription {
        guard endpoint.isFIFO == isFIFO else {
            throw TopicError(
                .invalidParameter,
                isFIFO
                    ? "Invalid parameter: Endpoint Reason: only FIFO queues can be subscribed to FIFO topics"
                    : "Invalid parameter: Endpoint Reason: FIFO queues can not be subscribed to standard topics")
        }
        let digest = MD5.hash("\(arn) \(endpoint.arn)")
        let id = InvocationID(
            high: UInt64(truncatingIfNeeded: digest >> 64), low: UInt64(truncatingIfNeeded: digest)
        ).description
        let subscription = TopicSubscription(arn: "\(arn):\(id)", topicARN: arn, endpoint: endpoint.arn, id: id)
        let subscriber = TopicSubscriber(subscription: subscription, target: endpoint, options: options)
        try check(subscriber)
        try subscribers.withLock { list throws(TopicError) in
            try list.put(subscriber, limit: configuration.subscriptionLimit)
        }
        register(subscription)
        return subscription
    }

    /// Changes what a subscriber gets, and how: messages that come from now on.
    ///
    /// - Throws: ``TopicError`` as `notFound` or `invalidParameter`.
    public func update(
        _ subscription: TopicSubscription, to options: SubscriptionOptions
    ) throws(TopicError) {
        guard var subscriber = subscribers.withLock({ $0.subscriber(subscription) }) else {
            throw TopicError(.notFound, "Subscription does not exist")
        }
        subscriber.options = options
        try check(subscriber)
        _ = try subscribers.withLock { list throws(TopicError) in try list.change(subscription, options) }
        register(subscription)
    }

    /// Sends nothing more to a subscriber. What is kept for it waits for a day, in case it comes back, and is a dead letter of the host
    /// then.
    ///
    /// - Throws: ``TopicError`` as `notFound`.
    public func unsubscribe(_ subscription: TopicSubscription) throws(TopicError) {
        try subscribers.withLock { list throws(TopicError) in try list.remove(subscription) }
        register(subscription)
    }

    private func check(_ subscriber: TopicSubscriber) throws(TopicError) {
        if subscriber.isFunction, subscriber.options.isRaw {
            throw TopicError(
                .invalidParameter,
                "Invalid parameter: Attributes Reason: RawMessageDelivery is not supported for functions")
        }
        if let fault = subscriber.options.delivery.fault {
            throw TopicError(.invalidParameter, "Invalid parameter: RedrivePolicy: \(fault)")
        }
    }

    /// Tells the deliverer of the subscriber that there is now.
    private func register(_ subscription: TopicSubscription) {
        deliverer.table.replace(
            prefix: subscription.id,
            by: {
                subscribers.withLock { $0.subscriber(subscription) }.map { [(subscription.id, $0.entry)] } ?? []
            })
    }

    // MARK: - Publishing

    /// Publishes a message.
    ///
    /// Once this returns, each subscriber that wants the message has it, or it is in the host's queue, to be sent again under the
    /// subscriber's policy, or with its dead letters. Where that fails half-way, for want of room, some subscribers may have it already.
    ///
    /// - Returns: Its id, and its number in a FIFO topic.
    /// - Throws: ``TopicError`` as `invalidParameter`, `throttled` or `internalError`; `CancellationError` if the task is cancelled.
    /// - Source: Amazon SNS API Reference, *Publish*.
    @discardableResult
    public func publish(_ message: TopicMessage) async throws -> PublishedMessage {
        if let fault = rules.fault(of: message) { throw fault }
        var message = message
        if isFIFO, message.deduplicationID == nil { message.deduplicationID = SHA256.hexDigest(of: message.body) }
        let wanting: [TopicSubscriber]
        do {
            wanting = try subscribers.withLock { $0.all }.filter { try $0.wants(message) }
        } catch {
            throw TopicError(.invalidParameter, "Invalid parameter: Message Reason: \(error)")
        }
        let notification = TopicNotification(
            message: message, id: host.nextID().description, topicARN: arn, time: host.wallTime,
            sequenceNumber: isFIFO ? nextNumber() : nil)
        do {
            for subscriber in wanting { try await send(notification, to: subscriber) }
        } catch let error as FunctionHostError {
            throw TopicError(error.code == .queueFull ? .throttled : .internalError, error.description)
        }
        return PublishedMessage(id: notification.id, sequenceNumber: notification.sequenceNumber)
    }

    /// Publishes messages in order, each for itself: some may be refused and others not.
    ///
    /// - Parameter batch: 1 to 10, each with an id of its own: 1 to 80 letters and digits of ASCII, `-` and `_`.
    /// - Returns: For each id what came of it.
    /// - Throws: ``TopicError`` as `emptyBatchRequest`, `tooManyEntriesInBatchRequest`, `batchEntryIDsNotDistinct`, `invalidBatchEntryID`
    ///   or `batchRequestTooLong`; `CancellationError`.
    /// - Source: Amazon SNS API Reference, *PublishBatch*.
    @discardableResult
    public func publish(
        _ batch: [(id: String, message: TopicMessage)]
    ) async throws -> [String: Result<PublishedMessage, TopicError>] {
        try check(batch)
        var results: [String: Result<PublishedMessage, TopicError>] = [:]
        for (id, message) in batch {
            do {
                results[id] = .success(try await publish(message))
            } catch let error as TopicError {
                results[id] = .failure(error)
            }
        }
        return results
    }

    private func check(_ batch: [(id: String, message: TopicMessage)]) throws(TopicError) {
        guard !batch.isEmpty else {
            throw TopicError(.emptyBatchRequest, "The batch request doesn't contain any entries.")
        }
        guard batch.count <= Self.batchLimit else {
            throw TopicError(
                .tooManyEntriesInBatchRequest, "The batch request contains more entries than permissible.")
        }
        guard Set(batch.map(\.id)).count == batch.count else {
            throw TopicError(.batchEntryIDsNotDistinct, "Two or more batch entries in the request have the same Id.")
        }
        guard batch.allSatisfy({ ResourceName.isValid($0.id, atMost: 80, "_-") }) else {
            throw TopicError(
                .invalidBatchEntryID, "The Id of a batch entry in a batch request doesn't abide by the specification.")
        }
        guard batch.reduce(0, { $0 + $1.message.size }) <= configuration.messageSizeLimit else {
            throw TopicError(
                .batchRequestTooLong, "The length of all the batch messages put together is more than the limit.")
        }
    }

    private func send(_ notification: TopicNotification, to subscriber: TopicSubscriber) async throws {
        let content = notification.content(for: subscriber)
        let id = subscriber.subscription.id
        guard let group = notification.message.groupID else {
            _ = try await deliverer.deliver(content, to: id, subscriber.entry)
            return
        }
        try await deliverer.deliver(content, to: id, inOrderOf: "\(id) \(group)")
    }

    /// A number higher than all before, in the process before this one too unless the calendar's clock was set back.
    private func nextNumber() -> String {
        let now = host.wallTime.nanoseconds
        let number = lastNumber.withLock { last in
            last = max(last + 1, now)
            return last
        }
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits
    }
}

/// A message that was published.
public struct PublishedMessage: Sendable, Hashable {
    /// Its id, which subscribers are told.
    public let id: String
    /// Its place in the order of a FIFO topic; nil in others.
    public let sequenceNumber: String?
}

extension Topic: DeliverySink {
    /// Publishes what a rule or another sender gives it: the body, without a subject; in a FIFO topic with the group that it has.
    ///
    /// - Throws: ``SourceError`` as `invalidArgument` for what cannot be published; ``TopicError`` for what may be later.
    public func take(_ content: DeliveryContent) async throws {
        let message = TopicMessage(
            content.text, groupID: isFIFO ? content.groupID : nil,
            deduplicationID: isFIFO ? content.deduplicationID ?? content.id : nil)
        do {
            try await publish(message)
        } catch let error as TopicError where error.code == .invalidParameter {
            throw SourceError(.invalidArgument, reason: error.description)
        }
    }
}
