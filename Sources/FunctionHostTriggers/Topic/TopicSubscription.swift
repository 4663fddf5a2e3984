// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A subscriber of a topic, as it is changed and ended by.
///
/// The same endpoint has the same subscription each time it subscribes, in every process: what is kept for it is found again.
public struct TopicSubscription: Sendable, Hashable {
    /// Its resource name.
    public let arn: String
    /// The topic's.
    public let topicARN: String
    /// That of the function or queue.
    public let endpoint: String
    /// What it is called in what is kept for it.
    let id: String
}

/// What a subscriber gets, and how.
///
/// - Source: Amazon SNS API Reference, *SetSubscriptionAttributes*.
public struct SubscriptionOptions: Sendable {
    /// Which messages; all unless given.
    public var filterPolicy: FilterPolicy?
    /// Whether a queue gets messages as they are, with their attributes, instead of notifications around them.
    ///
    /// Defaults to false. Not for functions.
    public var isRaw: Bool
    /// What becomes of what is not taken.
    public var delivery: DeliveryPolicy

    /// Makes options.
    public init(filterPolicy: FilterPolicy? = nil, isRaw: Bool = false, delivery: DeliveryPolicy = .init()) {
        self.filterPolicy = filterPolicy
        self.isRaw = isRaw
        self.delivery = delivery
    }
}

/// A subscriber, and what it wants.
struct TopicSubscriber: Sendable {
    let subscription: TopicSubscription
    let target: DeliveryTarget
    var options: SubscriptionOptions

    var entry: TargetTable.Entry { TargetTable.Entry(target: target, policy: options.delivery) }

    var isFunction: Bool {
        if case .function = target.place { true } else { false }
    }

    /// Whether a message is for it.
    func wants(_ message: TopicMessage) throws(EventError) -> Bool {
        guard let policy = options.filterPolicy else { return true }
        return try policy.passes(attributes: message.attributes.mapValues(\.seen), body: Array(message.body.utf8))
    }
}

/// Who subscribes to a topic.
struct SubscriberList: Sendable {
    /// In the order in which they came.
    private(set) var all: [TopicSubscriber] = []

    mutating func put(_ subscriber: TopicSubscriber, limit: Int) throws(TopicError) {
        if let index = index(of: subscriber.subscription) {
            all[index] = subscriber
            return
        }
        guard all.count < limit else {
            throw TopicError(.subscriptionLimitExceeded, "the topic has \(limit) subscriptions, as many as it may have")
        }
        all.append(subscriber)
    }

    mutating func remove(_ subscription: TopicSubscription) throws(TopicError) {
        all.remove(at: try place(of: subscription))
    }

    /// Changes what a subscriber wants; returns the subscriber.
    mutating func change(
        _ subscription: TopicSubscription, _ options: SubscriptionOptions
    ) throws(TopicError) -> TopicSubscriber {
        let place = try place(of: subscription)
        all[place].options = options
        return all[place]
    }

    func subscriber(_ subscription: TopicSubscription) -> TopicSubscriber? { index(of: subscription).map { all[$0] } }

    private func index(of subscription: TopicSubscription) -> Int? {
        all.firstIndex { $0.subscription.id == subscription.id }
    }

    private func place(of subscription: TopicSubscription) throws(TopicError) -> Int {
        guard let index = index(of: subscription) else {
            throw TopicError(.notFound, "Subscription does not exist")
        }
        return index
    }
}
