// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What keeps accepted events until they have ended: in memory, in a file, in a database.
///
/// A store decides nothing about retries: it keeps what a host tells it, each call all or nothing. These rules make an accepted
/// event run at least once and end exactly once:
///
/// - An event is **waiting**, **leased** or **dead**; one that has completed or was cancelled is gone.
/// - A lease counts an attempt *before* the handler runs, so that an event that ends the process is not tried for ever.
/// - Each lease has a new **fencing number**, higher than all before it for that event: whoever comes with an older one changes
///   nothing and is told so.
/// - A lease that was not extended in time is over: ``rescue(now:)`` makes the event wait again and counts a death.
/// - Settling an event and appending what follows from it are one transaction.
///
/// Calls may come from many tasks at once, and may be repeated after an error: an id that is there already is not appended
/// again. Settling, extending and rescuing are done even if the task that asks for them has been cancelled, and without waiting
/// for room. `now` is on the store's own timeline, as ``StoreTraits/timeline`` says. What a store throws should be a
/// ``StoreError``; anything else is taken for a passing fault.
///
/// A store of your own is tested by the suite that `FunctionHostTesting` publishes.
public protocol InvocationStore: Sendable {
    /// What it keeps, and how.
    var traits: StoreTraits { get }

    /// Accepts events: all of them, or none.
    ///
    /// Returns once they are as safe as the store makes them. An event whose idempotency key is held by another is not
    /// appended; its acceptance names the other one. One whose id is there already is accepted without being appended.
    ///
    /// - Parameters:
    ///   - events: In the order in which they came.
    ///   - room: How many events, and how many bytes, there may be afterwards, the dead and the leased included.
    ///   - now: The time.
    /// - Throws: ``StoreError`` as `full`, with nothing appended, if there is no room.
    func append(_ events: [QueuedEvent], room: QueueRoom, now: Timestamp) async throws -> [Acceptance]

    /// Leases events that are due, each for one attempt. What was due when it was appended stays so, though the clock be set
    /// back: it would wait for that long.
    ///
    /// First those with the earliest ``EventPriority/rank(dueAt:)``, and of equal ones those accepted first; but functions take
    /// turns, so that many events of one do not hold up those of the others. Of the events of one function with the same
    /// ordering key only the first is leased, and no other until it has ended.
    func lease(_ request: LeaseRequest, now: Timestamp) async throws -> LeaseAnswer

    /// Prolongs leases; says for each whether it still holds.
    func extend(_ tokens: [LeaseToken], until end: Timestamp, now: Timestamp) async throws -> [LeaseState]

    /// Says how an attempt ended, and appends what follows from it, whether there is room or not.
    ///
    /// - Returns: false, with nothing changed, if the lease was over and somebody else has or had the event.
    func settle(_ settlement: Settlement, now: Timestamp) async throws -> Bool

    /// Settles one event and leases others: ``settle(_:now:)`` and then ``lease(_:now:)``, in one step where a store can.
    ///
    /// - Returns: What both would have returned.
    func settle(
        _ settlement: Settlement, leasing request: LeaseRequest, now: Timestamp
    ) async throws -> (isSettled: Bool, answer: LeaseAnswer)

    /// Makes events wait again whose leases are over: whoever held them is gone.
    func rescue(now: Timestamp) async throws -> RescueAnswer

    /// Takes out an event that waits; marks one that is leased, so that whoever extends the lease hears of it.
    func cancel(_ id: InvocationID, now: Timestamp) async throws -> CancelAnswer

    /// Where an event is; nil if it is gone or never was.
    func status(of id: InvocationID) async throws -> EventStatus?

    /// Makes dead letters of all waiting events of a function, leased ones excepted.
    ///
    /// - Returns: How many.
    func condemn(functionName: String, cause: DeadLetterCause, now: Timestamp) async throws -> Int

    /// Dead letters, those that died first first.
    ///
    /// - Parameters:
    ///   - filter: Which of them.
    ///   - cursor: Where the page before ended; nil for the first page.
    ///   - limit: How many at most.
    func deadLetters(
        matching filter: DeadLetterFilter, after cursor: DeadLetterCursor?, limit: Int
    ) async throws -> DeadLetterPage

    /// Gives a dead letter another payload; false if it is not there.
    func replacePayload(ofDeadLetter id: InvocationID, with payload: EventPayload) async throws -> Bool

    /// Sends dead letters again, in the order given: attempts and deaths begin at 0, the age too, and everything else is kept.
    ///
    /// - Returns: Those that were there.
    func redrive(_ ids: [InvocationID], now: Timestamp) async throws -> [InvocationID]

    /// Deletes dead letters for good.
    ///
    /// - Returns: How many there were.
    func purge(_ ids: [InvocationID]) async throws -> Int

    /// How much there is.
    func figures(now: Timestamp) async throws -> QueueFigures
}

extension InvocationStore {
    /// One call after the other.
    public func settle(
        _ settlement: Settlement, leasing request: LeaseRequest, now: Timestamp
    ) async throws -> (isSettled: Bool, answer: LeaseAnswer) {
        let isSettled = try await settle(settlement, now: now)
        return (isSettled, try await lease(request, now: now))
    }
}

/// What a store is like.
public struct StoreTraits: Sendable, Hashable {
    /// Which clock its times are on.
    public enum Timeline: Sendable, Hashable {
        /// The host's own, which nobody can set: for a store that lives no longer than the process.
        case host
        /// The calendar's, which other processes and later ones share.
        case calendar
    }

    /// Which clock its times are on.
    public var timeline: Timeline
    /// Whether it keeps values as they are; if not, a payload is encoded before it comes here.
    public var keepsValues: Bool
    /// How long a lease should be: what an event waits for after its process was killed.
    public var leaseDuration: Duration
    /// How often to look for events that other processes have appended; nil if there are no others.
    public var pollInterval: Duration?

    /// Describes a store.
    public init(timeline: Timeline, keepsValues: Bool, leaseDuration: Duration, pollInterval: Duration?) {
        self.timeline = timeline
        self.keepsValues = keepsValues
        self.leaseDuration = leaseDuration
        self.pollInterval = pollInterval
    }
}

/// How much a queue may hold.
public struct QueueRoom: Sendable, Hashable {
    /// Events, the dead and the leased included.
    public var events: Int
    /// Bytes of their payloads.
    public var bytes: Int

    /// Both limits.
    public init(events: Int, bytes: Int) {
        self.events = events
        self.bytes = bytes
    }
}

/// What became of an event that was to be appended.
public enum Acceptance: Sendable, Hashable {
    /// The store has it.
    case accepted
    /// Another event holds its idempotency key; this one was not appended.
    case duplicate(of: InvocationID)
}

/// What a host wants to lease.
public struct LeaseRequest: Sendable {
    /// Which functions' events.
    public enum Functions: Sendable {
        /// All but these.
        case allBut(Set<String>)
        /// Of one function.
        case only(String)
    }

    /// Which functions' events.
    public var functions: Functions
    /// How many at most.
    public var count: Int
    /// When the leases are over unless extended.
    public var end: Timestamp
    /// Whether events that were being tried when their process ended may be among them.
    public var takesSuspects: Bool
    /// Whether only events that are too old are wanted, due or not.
    public var onlyExpired: Bool

    /// Says what is wanted.
    public init(
        functions: Functions = .allBut([]), count: Int = 1, end: Timestamp, takesSuspects: Bool = true,
        onlyExpired: Bool = false
    ) {
        self.functions = functions
        self.count = count
        self.end = end
        self.takesSuspects = takesSuspects
        self.onlyExpired = onlyExpired
    }
}

/// What a host was lent.
public struct LeaseAnswer: Sendable {
    /// The first of the events; nil if there are none.
    public private(set) var first: Lease?
    private var others: [Lease] = []
    /// Whether there are more that could be leased at this moment.
    public var hasMore: Bool
    /// When the next event of these functions is due; nil if none waits for a time.
    public var nextDue: Timestamp?

    /// Makes an answer.
    public init(leases: [Lease] = [], hasMore: Bool = false, nextDue: Timestamp? = nil) {
        self.hasMore = hasMore
        self.nextDue = nextDue
        for lease in leases { add(lease) }
    }

    /// The events, no more than were asked for.
    public var leases: [Lease] {
        get { first.map { [$0] + others } ?? [] }
        set {
            first = newValue.first
            others = Array(newValue.dropFirst())
        }
    }

    /// How many events there are.
    public var count: Int { first == nil ? 0 : 1 + others.count }

    /// Adds an event; most answers have one, and that takes no array.
    public mutating func add(_ lease: Lease) {
        if first == nil { first = lease } else { others.append(lease) }
    }
}

/// An event on loan for one attempt.
public struct Lease: Sendable {
    /// The event.
    public let event: QueuedEvent
    /// What to settle it with.
    public let token: LeaseToken
    /// Which attempt it is; 1 is the first.
    public let attempt: Int
    /// How often a process ended while it ran.
    public let deaths: Int
    /// The attempts before.
    public let history: [AttemptRecord]

    /// Makes a lease.
    public init(event: QueuedEvent, token: LeaseToken, attempt: Int, deaths: Int, history: [AttemptRecord]) {
        self.event = event
        self.token = token
        self.attempt = attempt
        self.deaths = deaths
        self.history = history
    }
}

/// Proves who has an event: only the latest one counts.
public struct LeaseToken: Sendable, Hashable {
    /// The event.
    public let id: InvocationID
    /// The fencing number: each lease of an event has a higher one.
    public let fence: UInt64
    /// Where the store found it, for stores that find it quicker that way; never trusted.
    public let hint: Int

    /// Makes a token.
    public init(id: InvocationID, fence: UInt64, hint: Int = 0) {
        self.id = id
        self.fence = fence
        self.hint = hint
    }

    /// Whether event and fencing number are the same.
    public static func == (left: Self, right: Self) -> Bool { left.id == right.id && left.fence == right.fence }

    /// Hashes event and fencing number.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(fence)
    }
}

/// What there is to say of a lease.
public enum LeaseState: Sendable, Hashable {
    /// It holds.
    case held
    /// It holds, and somebody wants the event cancelled.
    case cancelRequested
    /// It is over; whatever its holder settles will be refused.
    case lost
}

/// How an attempt ended, and what follows from it.
public struct Settlement: Sendable {
    /// What becomes of the event.
    public enum End: Sendable, Hashable {
        /// It is done, and gone.
        case completed
        /// It was cancelled, and is gone.
        case cancelled
        /// It waits for another attempt.
        case retry(at: Timestamp)
        /// It waits again as if this attempt had not been: it was interrupted, or not let in.
        case released(at: Timestamp)
        /// It failed for good. It is kept as a dead letter, or it is gone if a destination among what follows has its record.
        case dead(DeadLetterCause, isKept: Bool)
    }

    /// Whose attempt.
    public var token: LeaseToken
    /// What becomes of the event.
    public var end: End
    /// What its history is to say; nil if the handler did not begin, and then a dead letter does not count this lease among
    /// its attempts.
    public var attempt: AttemptRecord?
    /// New events that exist if and only if this one has ended so.
    public var followUps: [QueuedEvent]

    /// Makes a settlement.
    public init(
        _ token: LeaseToken, _ end: End, attempt: AttemptRecord? = nil, followUps: [QueuedEvent] = []
    ) {
        self.token = token
        self.end = end
        self.attempt = attempt
        self.followUps = followUps
    }
}

/// What a rescue found.
public struct RescueAnswer: Sendable, Hashable {
    /// How many events wait again.
    public var rescued: Int
    /// When the next lease is over; nil if nothing is leased.
    public var nextEnd: Timestamp?

    /// Makes an answer.
    public init(rescued: Int = 0, nextEnd: Timestamp? = nil) {
        self.rescued = rescued
        self.nextEnd = nextEnd
    }
}

/// What a cancellation came to.
public enum CancelAnswer: Sendable, Hashable {
    /// It waited, and is gone.
    case removed
    /// It is being tried; whoever does so is told.
    case requested
    /// It is not there, or dead already.
    case notFound
}

/// Where an event is.
public struct EventStatus: Sendable, Hashable {
    /// Where it is.
    public enum State: Sendable, Hashable {
        /// It waits, until this time at least.
        case waiting(dueAt: Timestamp)
        /// It is being tried, by a lease until this time.
        case leased(until: Timestamp)
        /// It failed for good.
        case dead(DeadLetterCause)
    }

    /// The event.
    public let id: InvocationID
    /// The function it is for.
    public let functionName: String
    /// Where it is.
    public let state: State
    /// How many attempts have begun.
    public let attempts: Int

    /// Describes an event.
    public init(id: InvocationID, functionName: String, state: State, attempts: Int) {
        self.id = id
        self.functionName = functionName
        self.state = state
        self.attempts = attempts
    }
}

/// Some dead letters.
public struct DeadLetterPage: Sendable {
    /// The letters.
    public var letters: [DeadLetter]
    /// Where the next page begins; nil if there is none.
    public var next: DeadLetterCursor?

    /// Makes a page.
    public init(letters: [DeadLetter], next: DeadLetterCursor?) {
        self.letters = letters
        self.next = next
    }
}

/// A place among the dead letters, which stays where it is when others come or go.
public struct DeadLetterCursor: Sendable, Hashable {
    /// The store's own number of the last letter before it.
    public let position: Int64

    /// A place by the store's own number.
    public init(position: Int64) { self.position = position }
}

/// How much there is in a queue.
public struct QueueFigures: Sendable, Hashable {
    /// Events that could be leased now, those behind others of their ordering key included.
    public var ready = 0
    /// Events that wait for a time.
    public var delayed = 0
    /// Events that are being tried.
    public var leased = 0
    /// Dead letters.
    public var dead = 0
    /// Bytes of all payloads.
    public var bytes = 0
    /// How long the event has been due that has been due longest; nil if none is.
    public var oldestReadyAge: Duration?
    /// How long the oldest dead letter has been one; nil if there is none.
    public var oldestDeadAge: Duration?

    /// Nothing at all.
    public init() {}

    /// Events that have not ended: waiting and leased.
    public var active: Int { ready + delayed + leased }
    /// Everything that takes room.
    public var total: Int { active + dead }
}
