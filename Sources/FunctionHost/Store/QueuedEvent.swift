// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// An accepted event on its way to a function, as a store keeps it.
///
/// Times are on the store's timeline, ``StoreTraits/timeline``. What few events have lies in ``details``, apart, so that the
/// others do not pay for it.
public struct QueuedEvent: Sendable {
    /// The invocation it will be; all attempts share it.
    public let id: InvocationID
    /// The function it is for.
    public let functionName: String
    /// What the function is given.
    public var payload: EventPayload
    /// When it was accepted.
    public var enqueuedAt: Timestamp
    /// Before this time it is not leased.
    public var dueAt: Timestamp
    /// From this time on it is too old to be tried again.
    public var expiresAt: Timestamp
    /// In it a store may keep the details as they are.
    private(set) var box: DetailsBox?

    /// What most events leave as it is.
    public var details: EventDetails {
        get { box?.details ?? EventDetails() }
        set { box = newValue.isPlain ? nil : DetailsBox(newValue) }
    }

    /// Whether there are details at all: asked before them where many events pass.
    package var hasDetails: Bool { box != nil }

    /// What is to be done with it.
    package var kind: EventKind { box?.details.kind ?? .invocation }

    /// How often a function occurs in the chain that led to it, itself included.
    func occurrences(of name: String) -> Int { box?.details.lineage[name] ?? 0 }
}

extension QueuedEvent {
    /// Makes an event; one without details has nothing special.
    public init(
        id: InvocationID, functionName: String, payload: EventPayload, enqueuedAt: Timestamp, dueAt: Timestamp,
        expiresAt: Timestamp, details: EventDetails? = nil
    ) {
        var box: DetailsBox?
        if let details, !details.isPlain { box = DetailsBox(details) }
        self.init(
            id: id, functionName: functionName, payload: payload, enqueuedAt: enqueuedAt, dueAt: dueAt,
            expiresAt: expiresAt, box: box)
    }
}

/// An event's details, shared by its copies.
final class DetailsBox: Sendable {
    let details: EventDetails
    init(_ details: EventDetails) { self.details = details }
}

/// What an event has beside its function, its payload and its times.
public struct EventDetails: Sendable, Hashable {
    /// What is to be done with it.
    public var kind = EventKind.invocation
    /// How urgent it is.
    public var priority = EventPriority.normal
    /// A second event of the same function with the same key is a duplicate for as long as ``deduplication`` says.
    public var idempotencyKey: String?
    /// How long ``idempotencyKey`` holds.
    public var deduplication = Deduplication.whileActive
    /// Events of one function with the same key run one after another, in the order in which they were accepted.
    public var orderingKey: String?
    /// For people to find it by.
    public var tags: [String: String] = [:]
    /// The trace it belongs to.
    public var traceHeader: String?
    /// How often each function occurs in the chain of invocations that led to this event.
    public var lineage: [String: Int] = [:]
    /// The invocation in which it was enqueued, or whose record it delivers; nil if it came from outside.
    public var origin: InvocationID?
    /// How often it was sent again from the dead-letter queue.
    public var redriveCount = 0

    /// Nothing special.
    public init() {}

    var isPlain: Bool { self == EventDetails() }
}

/// What is to be done with an event.
public enum EventKind: String, Sendable, Hashable {
    /// Its function is invoked.
    case invocation
    /// Its payload, an invocation record, goes to its function's `onSuccess` destination.
    case successDelivery
    /// Its payload, an invocation record, goes to its function's `onFailure` destination.
    case failureDelivery
}

/// How urgent an event is.
///
/// An event goes before those of the next lower priority that have been due for up to ``ageing`` longer than itself; older ones
/// go first, so that nothing starves.
public struct EventPriority: Sendable, Hashable, Comparable {
    /// From -2, the least urgent, to 2.
    public let level: Int

    private init(level: Int) { self.level = level }

    /// The priority of a level; levels beyond the ends are held to them.
    public init(clamping level: Int) { self.init(level: min(2, max(-2, level))) }

    /// After everything else.
    public static let lowest = Self(level: -2)
    /// After what is normal.
    public static let low = Self(level: -1)
    /// What it is unless said otherwise.
    public static let normal = Self(level: 0)
    /// Before what is normal.
    public static let high = Self(level: 1)
    /// Before everything else.
    public static let highest = Self(level: 2)

    /// How much longer an event must have been due to go before one of the next higher priority.
    public static let ageing: Duration = .seconds(60)

    /// Whether one is less urgent than another.
    public static func < (left: Self, right: Self) -> Bool { left.level < right.level }

    /// The time that decides who goes first, for an event that is due at `time`: the earliest goes.
    public func rank(dueAt time: Timestamp) -> Timestamp { time.advanced(by: Self.ageing * -level) }
}

/// For how long a second event with the same idempotency key is a duplicate of the first.
public enum Deduplication: Sendable, Hashable {
    /// Until the first attempt begins.
    case whileQueued
    /// Until the event has ended, whichever way.
    case whileActive
    /// For this long from its acceptance, whether it has ended or not.
    case within(Duration)
}

/// What a function is given: bytes, or a value of its own type where nothing leaves the process.
public enum EventPayload: Sendable {
    /// Encoded, as a durable store needs it.
    case bytes([UInt8])
    /// As it was handed over; only for stores that keep values, see ``StoreTraits/keepsValues``.
    case value(EventValue)

    /// A value as it is; only `enqueue` makes them, and whoever tests a store.
    package static func holding<Value: Sendable>(_ value: Value) -> Self { .value(TypedValue(value)) }

    /// How many bytes it counts for: those there are, or the size of the value in memory without what it refers to.
    public var size: Int {
        switch self {
        case .bytes(let bytes): bytes.count
        case .value(let value): value.size
        }
    }

    /// The encoded payload.
    ///
    /// - Throws: ``FunctionHostError`` as `payloadUnencodable` if the value has no encoding, or its coder refuses it.
    public func encoded(by coder: any PayloadCoder) throws -> [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .value(let value): try value.encoded(by: coder)
        }
    }
}

/// A value that waits in this process for its function; made by `enqueue`.
public class EventValue: @unchecked Sendable {
    // `@unchecked Sendable`: a class that can be inherited from cannot be checked; it and its one heir hold `let`s that are
    // `Sendable`.

    /// Its size in memory, without what it refers to.
    let size: Int

    init(size: Int) { self.size = size }

    func encoded(by coder: any PayloadCoder) throws -> [UInt8] { preconditionFailure("a value without a type") }
}

/// A value whose type is known.
final class TypedValue<Value: Sendable>: EventValue, @unchecked Sendable {
    // `@unchecked Sendable` as its parent is.
    let value: Value

    init(_ value: Value) {
        self.value = value
        super.init(size: MemoryLayout<Value>.size)
    }

    override func encoded(by coder: any PayloadCoder) throws -> [UInt8] {
        guard let encode = PayloadCodec<Value>().encode else {
            throw FunctionHostError(
                .payloadUnencodable,
                reason: "\(Value.self) is not Encodable; make it so, or look at the event in this process only")
        }
        do {
            return try encode(value, coder)
        } catch {
            throw FunctionHostError(
                .payloadUnencodable,
                reason: (error as? PayloadFault)?.description ?? "the coder refused it: \(type(of: error))",
                underlying: error)
        }
    }
}
