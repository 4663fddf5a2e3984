// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What an enqueuer asks for beside the input.
public struct EnqueueOptions: Sendable {
    /// How long the event waits before its first attempt.
    public var delay: Duration?
    /// The calendar's time before which the event is not tried; the later of it and ``delay`` counts.
    public var runAt: Timestamp?
    /// How urgent it is.
    public var priority = EventPriority.normal
    /// Makes a second event of the same function with the same key a duplicate; 1 to 256 bytes of UTF-8.
    public var idempotencyKey: String?
    /// For how long.
    public var deduplication = Deduplication.whileActive
    /// Lets events of the same function with the same key run one after another; 1 to 256 bytes of UTF-8.
    public var orderingKey: String?
    /// How old it may become before it is given up; nil for ``FunctionConfiguration/maximumEventAge``.
    ///
    /// Counted from the time it is first due. At least 1 second.
    public var maximumAge: Duration?
    /// For people to find it by; at most 32 of at most 256 bytes each.
    public var tags: [String: String] = [:]
    /// The trace it belongs to.
    public var traceHeader: String?
    /// What to do if the queue is full. Defaults to ``SaturationPolicy/reject``.
    public var saturation = SaturationPolicy.reject

    /// Nothing special.
    public init() {}

    /// The options most often wanted.
    public init(
        delay: Duration? = nil, priority: EventPriority = .normal, idempotencyKey: String? = nil,
        deduplication: Deduplication = .whileActive, orderingKey: String? = nil, tags: [String: String] = [:]
    ) {
        self.delay = delay
        self.priority = priority
        self.idempotencyKey = idempotencyKey
        self.deduplication = deduplication
        self.orderingKey = orderingKey
        self.tags = tags
    }

    /// What is wrong with these options; nil if nothing is.
    var fault: String? {
        if let delay, delay < .zero { return "delay is \(delay); it must not be negative" }
        if let maximumAge, maximumAge < .seconds(1) {
            return "maximumAge is \(maximumAge); it must be 1 second or more"
        }
        for case (let name, let key?) in [("idempotencyKey", idempotencyKey), ("orderingKey", orderingKey)]
        where !(1...256).contains(key.utf8.count) {
            return "\(name) has \(key.utf8.count) bytes; it must have from 1 to 256"
        }
        if case .within(let span) = deduplication, span <= .zero {
            return "deduplication is within \(span); it must be more than 0"
        }
        if tags.count > 32 { return "there are \(tags.count) tags; at most 32 are allowed" }
        for (name, value) in tags where name.utf8.count > 256 || value.utf8.count > 256 {
            return "a tag's name or value has more than 256 bytes"
        }
        return nil
    }

    /// What an event has beside its function, its payload and its times.
    var details: EventDetails {
        var details = EventDetails()
        details.priority = priority
        details.idempotencyKey = idempotencyKey
        details.deduplication = deduplication
        details.orderingKey = orderingKey
        details.tags = tags
        details.traceHeader = traceHeader
        return details
    }
}

/// What became of one event of a batch.
public struct EnqueueReceipt: Sendable, Hashable {
    /// The invocation's id; of a duplicate, the first one's.
    public let id: InvocationID
    /// Whether an event with the same idempotency key was there already, so that this one was not accepted again.
    public let isDuplicate: Bool

    /// Makes a receipt; hosts do, and tests.
    public init(id: InvocationID, isDuplicate: Bool) {
        self.id = id
        self.isDuplicate = isDuplicate
    }
}
