// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Who works on a host's queue, and which functions' events they leave alone for the moment.
///
/// ```
///   start ──▶ searching ──found──▶ working ──next──▶ working …
///                │  ▲                  │ nothing there
///          nothing  woken              ▼
///                ▼  │               parked, or gone if enough are parked
///              parked
/// ```
///
/// There are as many workers as handlers wait for something: one that finds an event while there are more sees to it that
/// somebody else looks for the next one, but only one at a time looks. Which one begins to run is up to the scheduler of
/// tasks, so handlers that never wait are served by as many workers as there are processors, and a thousand that sleep by a
/// thousand.
///
/// An arrival is never overlooked. Each one is counted, by whoever holds this machine, and then asks ``needsWake``; a worker
/// that found nothing first says so, which ``needsWake`` shows from then on, and then looks again if anything has been
/// counted since before it looked.
struct DispatchStateMachine<Waiter: Sendable>: Sendable {
    enum Wake: Sendable {
        case nobody
        /// A parked worker looks.
        case resume(Waiter)
        /// A new worker looks.
        case start
    }

    /// How a worker is to look.
    struct Look: Sendable {
        var functions = LeaseRequest.Functions.allBut([])
        var takesSuspects = true
    }

    enum RestAction: Sendable { case parked, leave }

    /// A function whose events are left alone: for want of room, or because nobody has registered it.
    private struct Exclusion: Sendable {
        var throttles: Int
        var until: Timestamp
        /// Room that becomes free before this time does not count, so that a busy function is not looked at all the time.
        var heedsReleasesFrom: Timestamp
    }

    private let limit: Int
    /// How many workers stay although there is nothing to do.
    private let reserve = 4
    private var isOpen = false
    private var workers = 0
    private var searching = 0
    private var parked: ContiguousArray<Waiter> = []
    private var exclusions: [String: Exclusion] = [:]
    private var excluded: Set<String> = []
    private var suspects = 0
    private(set) var alarm: Timestamp?

    init(limit: Int) { self.limit = limit }

    /// Whether workers are there, or may come.
    var isQuiet: Bool { workers == 0 }

    /// Whether any function's events are left alone, or are about to be tried again after that.
    var isRestricted: Bool { !exclusions.isEmpty }

    /// Whether a worker that looks now may take whatever it finds.
    var looksFreely: Bool { isOpen && excluded.isEmpty && suspects == 0 }

    /// Whether an arrival would bring a worker to look for it.
    var needsWake: Bool { isOpen && searching == 0 && (!parked.isEmpty || workers < limit) }

    // MARK: - The life of the queue

    /// Work begins.
    mutating func open() { isOpen = true }

    /// Work ends: the parked ones returned are to leave, the others leave when they have done what they have.
    mutating func close() -> ContiguousArray<Waiter> {
        isOpen = false
        workers -= parked.count
        defer { parked = [] }
        return parked
    }

    // MARK: - Workers

    /// There may be something to do.
    mutating func arrived() -> Wake { searching == 0 ? wake() : .nobody }

    /// How a worker is to look; nil if it is to leave.
    ///
    /// - Parameter last: The function it has just served. If that one is left alone for want of room, there is room now: what
    ///   the worker itself has just left.
    func look(after last: String?) -> Look? {
        guard isOpen else { return nil }
        var functions = LeaseRequest.Functions.allBut(excluded)
        if let last, excluded.contains(last) { functions = .only(last) }
        return Look(functions: functions, takesSuspects: suspects == 0)
    }

    /// A worker has something to do.
    ///
    /// - Parameter hasMore: Whether there was more when it looked, or something has come since.
    mutating func found(wasSearching: Bool, hasMore: Bool) -> Wake {
        if wasSearching { searching -= 1 }
        return hasMore && searching == 0 ? wake() : .nobody
    }

    /// A worker found nothing.
    mutating func rest(_ waiter: Waiter, wasSearching: Bool) -> RestAction {
        if wasSearching { searching -= 1 }
        if !isOpen || parked.count >= reserve {
            workers -= 1
            return .leave
        }
        parked.append(waiter)
        return .parked
    }

    /// Something came while the worker looked that was parked last: it looks again.
    mutating func unpark() {
        parked.removeLast()
        searching += 1
    }

    /// A worker that has worked for a while makes room for others.
    ///
    /// - Returns: Whether it is to leave: another one, started but kept from running by workers like this one, takes its place.
    mutating func pause() -> Bool {
        guard isOpen, searching > 0 else { return false }
        workers -= 1
        return true
    }

    /// A worker leaves because the queue was closed.
    mutating func left(wasSearching: Bool) {
        workers -= 1
        if wasSearching { searching -= 1 }
    }

    private mutating func wake() -> Wake {
        guard isOpen else { return .nobody }
        if let waiter = parked.popLast() {
            searching += 1
            return .resume(waiter)
        }
        guard workers < limit else { return .nobody }
        workers += 1
        searching += 1
        return .start
    }

    // MARK: - Functions left alone

    /// A limit turned an event of this function away.
    mutating func throttled(_ function: String, now: Timestamp) {
        var exclusion = exclusions[function] ?? Exclusion(throttles: 0, until: now, heedsReleasesFrom: now)
        exclusion.throttles += 1
        exclusion.until = now.advanced(by: ThrottleBackoff().delay(afterRefusals: exclusion.throttles))
        exclusion.heedsReleasesFrom = now.advanced(by: .milliseconds(min(1_000, 2 << min(9, exclusion.throttles))))
        exclusions[function] = exclusion
        excluded.insert(function)
    }

    /// Nobody has registered this function.
    mutating func unknown(_ function: String) {
        exclusions[function] = Exclusion(throttles: 0, until: .distantFuture, heedsReleasesFrom: .distantFuture)
        excluded.insert(function)
    }

    /// Which functions nobody has registered.
    var unknownFunctions: [String] {
        exclusions.filter { $0.value.until == .distantFuture }.map(\.key)
    }

    /// An event of this function found room, or none is left.
    mutating func admitted(_ function: String) {
        exclusions[function] = nil
        excluded.remove(function)
    }

    /// This function is registered now.
    mutating func registered(_ function: String) -> Wake {
        guard excluded.contains(function) else { return .nobody }
        admitted(function)
        return arrived()
    }

    /// An invocation has ended somewhere in the host: whoever was left alone for want of room may find some.
    mutating func released(now: Timestamp) -> Wake {
        var isAny = false
        for (function, exclusion) in exclusions where exclusion.heedsReleasesFrom <= now {
            // What it has waited before is remembered, should it be turned away again.
            if excluded.remove(function) != nil { isAny = true }
        }
        return isAny ? arrived() : .nobody
    }

    // MARK: - Events whose process ended

    /// Whether an event that was being tried when its process ended may be tried now: one at a time, so that the guilty one
    /// takes no innocent with it again.
    mutating func beginSuspect() -> Bool {
        guard suspects == 0 else { return false }
        suspects = 1
        return true
    }

    /// It has been tried.
    mutating func endSuspect() -> Wake {
        suspects = 0
        return arrived()
    }

    // MARK: - Time

    /// Somebody is to look at this time.
    ///
    /// - Returns: Whether an alarm has to be set for it.
    mutating func lookAgain(at time: Timestamp) -> Bool {
        if let alarm, alarm <= time { return false }
        alarm = time
        return true
    }

    /// The earliest time at which a function that was left alone is looked at again; nil if there is none.
    var nextReturn: Timestamp? {
        let next = excluded.compactMap { exclusions[$0]?.until }.min()
        return next == .distantFuture ? nil : next
    }

    /// An alarm has rung.
    mutating func alarmRang(now: Timestamp) -> Wake {
        guard let time = alarm, time <= now else { return .nobody }
        alarm = nil
        for (function, exclusion) in exclusions where exclusion.until <= now { excluded.remove(function) }
        return arrived()
    }
}
