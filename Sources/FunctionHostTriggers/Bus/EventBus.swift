// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// Takes events and sends each to the targets of all rules whose patterns it satisfies.
///
/// ```swift
/// let bus = try EventBus("orders", on: host)
/// try bus.put(EventRule("large", pattern: large, targets: [RuleTarget("review", .function("review"))]))
/// try await bus.put(source: "shop", detailType: "Order Placed", detail: order)
/// ```
///
/// An event that was accepted is with each of its targets, or kept in the host's queue to be sent again: what ``put(_:)->_`` returns holds
/// for as long as the host's store holds. Rules may come, change and go while events come. They live no longer than the process; a
/// program puts them again when it starts, under the same names, and what was kept for them goes on.
///
/// - Source: Amazon EventBridge User Guide and API Reference.
public final class EventBus: Sendable {
    /// How many events one call may put.
    public static let entryLimit = 10

    /// Its name.
    public let name: String
    /// Its resource name, such as `arn:aws:events:local:000000000000:event-bus/orders`.
    public let arn: String
    /// The host whose functions it sends to.
    public let host: FunctionHost

    let configuration: Configuration
    let deliverer: Deliverer
    let state = Mutex(State())
    private let entryRules: EntryRules
    private let writer: EnvelopeWriter

    struct State: Sendable {
        var book = RuleBook()
        var archives: [String: BusArchive] = [:]
        var replays = ReplayStateMachine()
    }

    /// Makes a bus without rules.
    ///
    /// - Parameters:
    ///   - name: 1 to 256 letters and digits of ASCII, `.`, `-`, `_` and `/`.
    ///   - host: Whose functions it sends to; a function of the bus's own is registered there, for what is sent again.
    ///   - configuration: Its limits.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `alreadyRegistered` if the host has a bus of this name, `invalidName`,
    ///   `invalidConfiguration` or `shuttingDown`.
    public init(
        _ name: String, on host: FunctionHost, configuration: Configuration = .init()
    ) throws(FunctionHostError) {
        guard ResourceName.isValid(name, atMost: 256, "._-/") else {
            throw FunctionHostError(
                .invalidName,
                reason: "“\(name)” is no name of a bus: 1 to 256 letters and digits of ASCII, '.', '-', '_' and '/'")
        }
        if let fault = configuration.fault {
            throw FunctionHostError(.invalidConfiguration, reason: "the bus \(name): \(fault)")
        }
        self.name = name
        self.host = host
        self.configuration = configuration
        arn = "arn:aws:events:\(configuration.region):\(configuration.account):event-bus/\(name)"
        entryRules = EntryRules(allowsServiceSources: configuration.allowsServiceSources)
        writer = EnvelopeWriter(account: configuration.account, region: configuration.region)
        deliverer = try Deliverer(name, kind: "bus", on: host)
    }

    /// Removes all rules and archives, and lets another bus have the name: events that are put from now on go nowhere.
    ///
    /// What is kept to be sent again becomes dead letters of the host, unless there is a bus of this name in a moment.
    ///
    /// - Source: Amazon EventBridge API Reference, *DeleteEventBus*; events for a bus that is not there are accepted.
    public func delete() {
        state.withLock { state in
            state.book.removeAll()
            state.archives = [:]
        }
        deliverer.end()
    }

    // MARK: - Putting

    /// Puts events, each for itself: some may be refused and others not.
    ///
    /// Once this returns, each event that was accepted is with each of its targets: in the host's queue for a function, in the queue or
    /// stream itself otherwise. What a target did not take is in the host's queue, to be sent again under the target's policy, or with
    /// its dead letters. So it waits for sinks, and for nothing else. Where it fails half-way, for want of room, the entry is refused and
    /// some targets may have the event already: put again, it comes to them twice.
    ///
    /// - Parameter entries: 1 to 10, of 256 KiB in all.
    /// - Returns: For each, in order, its event's id or why it was not accepted.
    /// - Throws: ``EventBusError`` as `validation`; `CancellationError` if the task is cancelled meanwhile, and then entries may or may
    ///   not have been accepted.
    /// - Source: Amazon EventBridge API Reference, *PutEvents*.
    @discardableResult
    public func put(_ entries: [EventEntry]) async throws -> [Result<String, EventEntryError>] {
        guard (1...Self.entryLimit).contains(entries.count) else {
            throw EventBusError(
                .validation, "there are \(entries.count) entries; put from 1 to \(Self.entryLimit) at a time")
        }
        guard entries.reduce(0, { $0 + $1.size }) <= configuration.entrySizeLimit else {
            throw EventBusError(.validation, "Total size of the entries in the request is over the limit.")
        }
        var results: [Result<String, EventEntryError>] = []
        results.reserveCapacity(entries.count)
        for entry in entries { results.append(try await accept(entry)) }
        return results
    }

    /// Puts one event whose detail is a value.
    ///
    /// - Parameters:
    ///   - source: Who tells of it.
    ///   - detailType: What kind of event it is.
    ///   - detail: What it says; encoded by the host's coder, as a JSON object.
    ///   - time: When it happened; now unless given.
    ///   - resources: What it is about.
    /// - Returns: The event's id.
    /// - Throws: ``EventEntryError`` or ``EventBusError``; what the coder throws; `CancellationError`.
    @discardableResult
    public func put(
        source: String, detailType: String, detail: some Encodable, time: Timestamp? = nil, resources: [String] = []
    ) async throws -> String {
        let json = String(decoding: try host.coder.encode(detail), as: UTF8.self)
        let entry = EventEntry(source: source, detailType: detailType, detail: json, time: time, resources: resources)
        return try await put([entry])[0].get()
    }

    // MARK: - Inside

    private func accept(_ entry: EventEntry) async throws -> Result<String, EventEntryError> {
        if let fault = entryRules.fault(of: entry) { return .failure(fault) }
        let now = host.wallTime
        let event = writer.envelope(of: entry, id: host.nextID().description, time: entry.time ?? now)
        let found: [RuleBook.Match]
        do {
            found = try book.matching(event.json)
        } catch {
            return .failure(EventEntryError(.malformedDetail, "Detail is malformed: \(error.reason)"))
        }
        do {
            _ = try await send(event, to: found, trace: entry.traceHeader)
            try await archive(event, found, now: now)
        } catch let error as FunctionHostError {
            return .failure(EventEntryError(error))
        }
        return .success(event.id)
    }

    var book: RuleBook { state.withLock { $0.book } }

    /// Sends an event to the targets of rules; returns whether all of them have it.
    ///
    /// - Throws: What `Deliverer` throws.
    func send(_ event: BusEnvelope, to found: [RuleBook.Match], trace: String? = nil) async throws -> Bool {
        var areDelivered = true
        var tape: JSONTape?
        for case .rule(let rule) in found {
            for target in rule.targets {
                var content = DeliveryContent(id: event.id, body: event.json, traceHeader: trace)
                if case .event = target.input {
                } else {
                    // It is known to be JSON. What is made of it for one target is of no use for another.
                    if tape == nil { tape = try? JSONTape(event.json, maximumDepth: EventPattern.maximumEventDepth) }
                    content.event = event.json
                    let input = InputEvent(
                        event.json, tape: tape, ruleName: rule.name, ruleARN: rule.arn,
                        ingestionTime: host.wallTime.isoSeconds)
                    do {
                        content.body = try target.input.made(of: input)
                    } catch {
                        let fault = DeliveryFault(code: "INVALID_JSON", message: error.reason, mayPass: false)
                        try await deliverer.refuse(content, target.key, target.entry, fault)
                        continue
                    }
                }
                let outcome = try await deliverer.deliver(content, to: target.key, target.entry)
                areDelivered = areDelivered && outcome == .delivered
            }
        }
        return areDelivered
    }

    private func archive(_ event: BusEnvelope, _ found: [RuleBook.Match], now: Timestamp) async throws {
        for case .archive(let name) in found {
            let isKept = state.withLock { $0.archives[name]?.keep(event, now: now) ?? true }
            // The stream is a target like others: what it does not take now is sent again.
            guard !isKept, let entry = deliverer.table.entry(of: Self.archiveKey(name)) else { continue }
            _ = try await deliverer.deliver(
                DeliveryContent(id: event.id, body: event.json), to: Self.archiveKey(name), entry)
        }
    }

    /// Under which an archive's stream is known as a target; no rule's target is called so.
    static func archiveKey(_ name: String) -> String { "archive \(name)" }
}

extension EventEntryError {
    fileprivate init(_ error: FunctionHostError) {
        self.init(error.code == .queueFull ? .throttled : .internalFailure, error.description)
    }
}
