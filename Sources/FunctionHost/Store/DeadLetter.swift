// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// An event that failed for good, kept for a person to look at, mend and send again.
public struct DeadLetter: Sendable, Identifiable {
    /// The event as it was accepted, or with the payload that somebody mended.
    public var event: QueuedEvent
    /// Why it failed.
    public let cause: DeadLetterCause
    /// When it failed, on the store's timeline.
    public let diedAt: Timestamp
    /// How often its handler began, since it was accepted or last sent again.
    public let attempts: Int
    /// Every attempt, the earliest first; of more than ``AttemptRecord/maximumCount`` the middle is left out.
    public let history: [AttemptRecord]

    /// The invocation's id.
    public var id: InvocationID { event.id }
    /// The function it is for.
    public var functionName: String { event.functionName }
    /// How often it was sent again before.
    public var redriveCount: Int { event.details.redriveCount }

    /// Describes a dead letter; stores do.
    public init(
        event: QueuedEvent, cause: DeadLetterCause, diedAt: Timestamp, attempts: Int, history: [AttemptRecord]
    ) {
        self.event = event
        self.cause = cause
        self.diedAt = diedAt
        self.attempts = attempts
        self.history = history
    }
}

/// Why an event failed for good: an open set.
public struct DeadLetterCause: Sendable, Hashable, CustomStringConvertible {
    /// The cause as text, as stores, logs and metric labels show it.
    public let description: String

    /// A cause by its text.
    public init(_ description: String) { self.description = description }

    /// Every attempt that its policy allows has failed, or the last one said that no other would help.
    public static let retriesExhausted = Self("RetriesExhausted")
    /// It grew older than it may.
    public static let eventAgeExceeded = Self("EventAgeExceeded")
    /// Its function is switched off: its reserved concurrency is 0.
    public static let zeroReservedConcurrency = Self("ZeroReservedConcurrency")
    /// Its payload is not what the function takes.
    public static let payloadUndecodable = Self("PayloadUndecodable")
    /// No function of that name was there in its lifetime.
    public static let unknownFunction = Self("UnknownFunction")
    /// Its function was removed while it waited.
    public static let functionRemoved = Self("FunctionRemoved")
    /// The process ended while its handler ran, as often as is allowed.
    public static let processEnded = Self("ProcessEnded")
    /// Its function called itself too often in a chain.
    public static let recursionLimit = Self("RecursionLimit")
    /// The destination of a record failed for good; the payload is the record.
    public static let destinationFailed = Self("DestinationFailed")
}

/// How one attempt of an event went.
public struct AttemptRecord: Sendable, Hashable {
    /// How many are kept of one event: the first ones and the last ones.
    public static let maximumCount = 50

    /// Which attempt it was; 1 is the first.
    public let number: Int
    /// When it began, by the calendar.
    public let startedAt: Timestamp
    /// How long it took.
    public let duration: Duration
    /// How it ended.
    public let outcome: Outcome
    /// The type of its error; nil if it succeeded.
    public let errorType: String?
    /// What the error says, its first 1,024 bytes at most; nil if it succeeded.
    public let errorMessage: String?

    /// Describes an attempt.
    public init(
        number: Int, startedAt: Timestamp, duration: Duration, outcome: Outcome, errorType: String? = nil,
        errorMessage: String? = nil
    ) {
        self.number = number
        self.startedAt = startedAt
        self.duration = duration
        self.outcome = outcome
        self.errorType = errorType
        self.errorMessage = errorMessage
    }

    /// A history with one attempt more, and the middle left out where it has become too long.
    package static func appending(_ new: Self, to history: [Self]) -> [Self] {
        var history = history + [new]
        if history.count > maximumCount { history.remove(at: maximumCount / 2) }
        return history
    }
}

/// Which dead letters are meant; what is nil does not matter.
public struct DeadLetterFilter: Sendable, Hashable {
    /// Of this function.
    public var functionName: String?
    /// With this cause.
    public var cause: DeadLetterCause?
    /// That failed at this time or later, on the store's timeline.
    public var diedSince: Timestamp?
    /// That failed before this time, on the store's timeline.
    public var diedBefore: Timestamp?
    /// With each of these tags.
    public var tags: [String: String]
    /// With this text in the payload, as UTF-8, or in an attempt's error; letters as they are written.
    ///
    /// Values that were never encoded are searched by their encoding.
    public var text: String?

    /// All dead letters, or some of them.
    public init(
        functionName: String? = nil, cause: DeadLetterCause? = nil, diedSince: Timestamp? = nil,
        diedBefore: Timestamp? = nil, tags: [String: String] = [:], text: String? = nil
    ) {
        self.functionName = functionName
        self.cause = cause
        self.diedSince = diedSince
        self.diedBefore = diedBefore
        self.tags = tags
        self.text = text
    }

    /// Whether a letter is meant; for stores that look at each.
    public func matches(_ letter: DeadLetter, coder: any PayloadCoder = JSONPayloadCoder()) -> Bool {
        if let functionName, letter.functionName != functionName { return false }
        if let cause, letter.cause != cause { return false }
        if let diedSince, letter.diedAt < diedSince { return false }
        if let diedBefore, letter.diedAt >= diedBefore { return false }
        if !tags.isEmpty {
            let own = letter.event.details.tags
            for (name, value) in tags where own[name] != value { return false }
        }
        guard let text, !text.isEmpty else { return true }
        for attempt in letter.history {
            if attempt.errorType?.utf8.contains(text.utf8) ?? false { return true }
            if attempt.errorMessage?.utf8.contains(text.utf8) ?? false { return true }
        }
        // What cannot be encoded holds no text that anybody could look for.
        guard let bytes = try? letter.event.payload.encoded(by: coder) else { return false }
        return bytes.contains(Array(text.utf8))
    }
}

extension Collection where Element == UInt8 {
    /// Whether other bytes occur in these, one after another.
    fileprivate func contains(_ other: some Collection<UInt8>) -> Bool {
        guard let first = other.first else { return true }
        var rest = self[...]
        while let start = rest.firstIndex(of: first) {
            rest = rest[start...]
            if rest.starts(with: other) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
