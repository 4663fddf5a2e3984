// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How an attempt of an event ended, as far as the queue cares.
enum EventEnding: Sendable {
    /// The handler returned; its encoded result, where somebody wants it.
    case succeeded([UInt8]?)
    /// The handler threw, or its environment could not be made.
    case failed(any Error)
    /// The deadline passed.
    case timedOut(any Error)
    /// The payload is not what the function takes.
    case undecodable(any Error)
    /// The host's shutdown came between.
    case interrupted
    /// Somebody wanted it cancelled.
    case cancelled
    /// A limit turned it away before the handler could begin.
    case throttled(Throttle)
    /// The host could not run it now, through no fault of the event's.
    case unable

    var isThrottled: Bool { if case .throttled = self { true } else { false } }

    /// What there is to tell of it in the event's history.
    var error: (any Error)? {
        switch self {
        case .failed(let error), .timedOut(let error), .undecodable(let error): error
        case .succeeded, .interrupted, .cancelled, .throttled, .unable: nil
        }
    }

    /// The outcome in the event's history; nil if the attempt does not count.
    var outcome: Outcome? {
        switch self {
        case .succeeded: .succeeded
        case .failed(let error): (error as? FunctionHostError)?.isOfInit ?? false ? .initFailed : .failed
        case .timedOut: .timedOut
        case .undecodable: .failed
        case .cancelled: .cancelled
        case .interrupted, .throttled, .unable: nil
        }
    }
}

/// What becomes of an event.
struct EventVerdict: Sendable {
    let lease: Lease
    var end: Settlement.End
    /// The function as it was configured when the event was tried; nil if it was not.
    var snapshot: FunctionSnapshot?
    /// What its history is to say.
    var attempt: AttemptRecord?
    /// The encoded result, where a destination wants it.
    var result: [UInt8]?

    init(lease: Lease, end: Settlement.End) {
        self.lease = lease
        self.end = end
    }

    /// What the event's record says of its end; nil if it has not ended, or was cancelled.
    var condition: InvocationRecord.Condition? {
        switch end {
        case .completed: .success
        case .dead(let cause, _): .failure(cause)
        case .cancelled, .retry, .released: nil
        }
    }

    /// How often the handler has begun.
    var invokeCount: Int {
        if case .completed = end { return lease.attempt }
        return attempt == nil ? lease.attempt - 1 : lease.attempt
    }
}

/// Decides what becomes of an event after an attempt, by the rules of its function.
///
/// Source: AWS Lambda Developer Guide, *How Lambda handles errors and retries with asynchronous invocation*. Unlike there,
/// nothing is ever dropped.
struct EventJudge: Sendable {
    let snapshot: FunctionSnapshot
    /// Whether it is a record on its way to a destination, which has a policy of its own.
    let isDelivery: Bool

    /// How records are sent again: 5 attempts, 1 second after the first, then twice as long each time.
    static let deliveryPolicy = RetryPolicy.exponential(
        maximumAttempts: 5, base: .seconds(1), maximum: .seconds(300), jitter: .none)

    private var policy: RetryPolicy { isDelivery ? Self.deliveryPolicy : snapshot.configuration.retry }

    /// Why an event is not even tried; nil if it may be.
    func refusal(of lease: Lease, now: Timestamp) -> DeadLetterCause? {
        if lease.deaths >= snapshot.configuration.maximumDeaths { return .processEnded }
        // What a process took with it is charged: it may have been the last attempt.
        if lease.attempt > policy.maximumAttempts { return lease.deaths > 0 ? .processEnded : .retriesExhausted }
        // One that is due in the moment in which it becomes too old is too old.
        if now >= lease.event.expiresAt { return .eventAgeExceeded }
        if let limit = snapshot.configuration.recursionLimit,
            lease.event.occurrences(of: lease.event.functionName) > limit
        {
            return .recursionLimit
        }
        return nil
    }

    /// What becomes of an event.
    func end(
        _ lease: Lease, _ ending: EventEnding, now: Timestamp, using generator: inout SplitMix64
    ) -> Settlement.End {
        switch ending {
        case .succeeded: return .completed
        case .cancelled: return .cancelled
        case .interrupted: return .released(at: now)
        case .unable: return .released(at: min(now.advanced(by: .seconds(1)), lease.event.expiresAt))
        case .throttled(let throttle):
            // Source: the service sends such events on at once, without a run.
            guard throttle.allowed > 0 || throttle.limit != .reservedConcurrency else {
                return dead(.zeroReservedConcurrency)
            }
            return .released(at: now)
        case .undecodable: return dead(.payloadUndecodable)
        case .failed(let error), .timedOut(let error): return failed(lease, error, now: now, using: &generator)
        }
    }

    private func failed(
        _ lease: Lease, _ error: any Error, now: Timestamp, using generator: inout SplitMix64
    ) -> Settlement.End {
        let exhausted = dead(isDelivery ? .destinationFailed : .retriesExhausted)
        switch policy.decision(on: error) {
        case .doNotRetry: return exhausted
        case .later(let delay): return .released(at: due(lease, after: delay, now: now))
        case .retry:
            let delay = policy.delay(
                afterAttempt: lease.attempt, previousDelay: previousDelay(lease), error: error, using: &generator)
            guard let delay else { return exhausted }
            return .retry(at: due(lease, after: delay, now: now))
        }
    }

    /// When it is tried again; or when it becomes too old, which is found out then.
    private func due(_ lease: Lease, after delay: Duration, now: Timestamp) -> Timestamp {
        max(now, min(now.advanced(by: delay), lease.event.expiresAt))
    }

    /// How long it waited before this attempt, as far as its history tells.
    private func previousDelay(_ lease: Lease) -> Duration? {
        guard lease.history.count >= 2 else { return nil }
        let (before, last) = (lease.history[lease.history.count - 2], lease.history[lease.history.count - 1])
        return max(.zero, before.startedAt.advanced(by: before.duration).duration(to: last.startedAt))
    }

    /// Its dead letter, which is kept unless a destination has the record instead.
    func dead(_ cause: DeadLetterCause) -> Settlement.End {
        let configuration = snapshot.configuration
        return .dead(cause, isKept: isDelivery || configuration.keepsDeadLetters || configuration.onFailure == nil)
    }
}

extension FunctionHostError {
    fileprivate var isOfInit: Bool { code == .initFailed || code == .initTimedOut }
}

extension AttemptRecord {
    /// An attempt that ended this way.
    init(_ number: Int, startedAt: Timestamp, duration: Duration, _ outcome: Outcome, _ error: (any Error)?) {
        let told = (error as? DoNotRetry)?.inner ?? error
        let payload = told.map { ErrorPayload($0.unmarked) }
        self.init(
            number: number, startedAt: startedAt, duration: duration, outcome: outcome, errorType: payload?.type,
            errorMessage: payload?.message.cut(toBytes: 1_024))
    }
}

extension String {
    /// At most so many bytes of UTF-8, cut between characters.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > utf8.startIndex, end.samePosition(in: self) == nil { end = utf8.index(before: end) }
        return String(self[..<end])
    }
}
