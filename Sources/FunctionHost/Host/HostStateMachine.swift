// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// An environment that is to be shut down, and why.
typealias EndedEnvironment = EnvironmentPoolStateMachine<Environment, Ticket>.Ended

/// Everything about a host that changes, behind its one lock: its life, its functions, who may run, where, and what runs.
///
/// An invocation passes through it twice, once to begin and once to end, however many rules apply to it. The rules
/// themselves are machines of their own; this one puts them in order.
struct HostStateMachine: Sendable {
    struct FunctionState: Sendable {
        var record: FunctionRecord
        /// The record's identity, to be compared without retaining the record.
        let recordID: ObjectIdentifier
        var snapshot: FunctionSnapshot
        var pool: EnvironmentPoolStateMachine<Environment, Ticket>
        var isRemoved = false
        /// When its idle environments are looked at next; nil if no timer is set.
        var expiryTime: Timestamp?
        /// The timer that is set for that time, once it is known.
        var expiryTimer: DeadlineID?
    }

    /// Why an invocation is not taken.
    enum Refusal: Sendable { case notFound, shuttingDown, throttled(Throttle) }

    enum BeginAction: Sendable {
        /// The attempt has its place.
        case run
        /// Make the state of this environment, then say `initialized` or `initializationFailed`.
        case initialize(Environment, entry: Int, FunctionSnapshot)
        /// Wait for the environment that somebody else is making.
        case join
        /// The function was removed.
        case gone
    }

    enum AdmitAction: Sendable { case admitted, waiting(WaiterID), refuse(Refusal) }

    struct EndAction: Sendable {
        /// Who may run now in its place.
        var granted: Ticket?
        var ended: EndedEnvironment?
        /// Environments found to have been idle too long since the last invocation ended.
        var left: [(FunctionRecord, EndedEnvironment)]?
        var expiry: Timestamp?
        var isDrained = false
    }

    struct UpdateAction: Sendable {
        /// Who may run now.
        var granted: [Ticket] = []
        var ended: [EndedEnvironment] = []
        var expiry: Timestamp?
    }

    var lifecycle = LifecycleStateMachine()
    var admission: AdmissionStateMachine<Ticket>
    var running = RunningTable()
    /// When what runs is looked at for deadlines that have passed: no later than the earliest of them.
    private var lookTime = Timestamp.distantFuture
    /// The timer that is set for that time, once it is known.
    private var lookTimer: DeadlineID?
    var functions: ContiguousArray<FunctionState> = []
    private var names: [String: Int] = [:]
    private var freeSlots: ContiguousArray<Int> = []
    private var environments = 0
    /// Environments that were taken out because they had been idle too long, for the next invocation that ends to shut down.
    private var left: [(FunctionRecord, EndedEnvironment)] = []
    /// Environments that have ended and that somebody is about to shut down: whoever claims one does, and a shutdown that
    /// comes between claims them all.
    private var unclaimed: [EnvironmentID: (FunctionRecord, EndedEnvironment)] = [:]
    /// Invocations that ended since the shutdown began.
    var finishedInDrain = 0
    var interruptedInDrain = 0
    /// Whether the shutdown has come to cancelling what runs.
    private var isCancelling = false

    init(limit: Int, unreservedMinimum: Int) {
        admission = AdmissionStateMachine(limit: limit, unreservedMinimum: unreservedMinimum)
    }

    // MARK: - Invocations

    /// Admits an invocation and finds it an environment in one step; false, with nothing changed, if there is no room, or
    /// an environment has to be made by an init closure first.
    mutating func beginAtOnce(_ record: FunctionRecord, _ attempt: Attempt, now: Timestamp) -> Bool {
        let slot = record.slot
        guard lifecycle.takesInvocations, isLive(record) else { return false }
        if let entry = functions[slot].pool.warmEntry(now: now) {
            guard admission.admit(slot) else { return false }
            let environment = functions[slot].pool.lend(entry)
            occupy(slot, attempt, environment, functions[slot].snapshot, entry, isCold: false, now: now)
            return true
        }
        guard record.code.initialize == nil, admission.admit(slot) else { return false }
        guard case .run = place(slot, attempt, joiner: nil, now: now) else {
            preconditionFailure("an environment without an init closure had to be waited for")
        }
        return true
    }

    /// Why an invocation would not be taken now; nil if it would.
    func refusal(of record: FunctionRecord) -> Refusal? {
        guard lifecycle.takesInvocations else { return .shuttingDown }
        guard isLive(record) else { return .notFound }
        return admission.hasRoom(record.slot) ? nil : .throttled(admission.throttle(record.slot))
    }

    /// Asks for a permit; waits with `ticket` if there is one.
    mutating func admit(_ record: FunctionRecord, ticket: Ticket?) -> AdmitAction {
        guard lifecycle.takesInvocations else { return .refuse(.shuttingDown) }
        guard isLive(record) else { return .refuse(.notFound) }
        switch admission.acquire(record.slot, waiter: ticket) {
        case .admitted: return .admitted
        case .waiting(let id): return .waiting(id)
        case .rejected(let throttle): return .refuse(.throttled(throttle))
        }
    }

    /// Finds an environment for an invocation that has its permit.
    mutating func place(_ slot: Int, _ attempt: Attempt, joiner: Ticket?, now: Timestamp) -> BeginAction {
        // Its turn came in the moment of the removal: an environment made now would outlive the function.
        if functions[slot].isRemoved { return .gone }
        let (acquired, expired) = functions[slot].pool.acquire(joiner: joiner, now: now)
        if !expired.isEmpty { left += expired.map { (functions[slot].record, $0) } }
        switch acquired {
        case .lend(let entry, let environment):
            occupy(slot, attempt, environment, functions[slot].snapshot, entry, isCold: false, now: now)
            return .run
        case .join: return .join
        case .start(let entry):
            let environment = makeEnvironment(slot, .onDemand)
            guard functions[slot].record.code.initialize == nil else {
                return .initialize(environment, entry: entry, functions[slot].snapshot)
            }
            _ = functions[slot].pool.started(entry, environment, now: now)
            occupy(slot, attempt, environment, functions[slot].snapshot, entry, isCold: true, now: now)
            return .run
        }
    }

    /// The environment an invocation was waiting to make is ready, and it runs there: with the configuration with which it
    /// was made, should there be another by now.
    mutating func initialized(
        _ record: FunctionRecord, _ attempt: Attempt, _ environment: Environment, _ snapshot: FunctionSnapshot,
        entry: Int, now: Timestamp
    ) -> [Ticket] {
        let (joiners, _) = functions[record.slot].pool.started(entry, environment, now: now)
        occupy(record.slot, attempt, environment, snapshot, entry, isCold: true, now: now)
        return joiners
    }

    /// An invocation's environment could not be made; the permit is given back by `end`.
    mutating func initializationFailed(_ record: FunctionRecord, entry: Int) -> [Ticket] {
        functions[record.slot].pool.failed(entry)
    }

    /// An invocation has ended: gives back its environment, if it had one, and its permit.
    mutating func end(
        _ record: FunctionRecord, place: Attempt.Place?, ending: EnvironmentEnd?, outcome: Outcome, held: Int64,
        now: Timestamp
    ) -> EndAction {
        let slot = record.slot
        var action = EndAction()
        if let place {
            running.remove(place.running)
            action.ended = functions[slot].pool.release(place.entry, ending: ending, now: now)
            if functions[slot].expiryTime == nil, !functions[slot].isRemoved {
                action.expiry = now.advanced(by: functions[slot].pool.idleTimeout)
                functions[slot].expiryTime = action.expiry
            }
        }
        if !left.isEmpty {
            action.left = left
            for (record, ended) in left { offer([ended], of: record) }
            left = []
        }
        action.granted = admission.release(slot, held: held)
        if !lifecycle.takesInvocations {
            if outcome == .interrupted { interruptedInDrain += 1 } else { finishedInDrain += 1 }
            action.isDrained = admission.inFlight == 0
        }
        if functions[slot].isRemoved { freeIfUnused(slot) }
        return action
    }

    /// Whether the record is what its name stands for.
    func isLive(_ record: FunctionRecord) -> Bool {
        record.slot < functions.count && functions[record.slot].recordID == ObjectIdentifier(record)
            && !functions[record.slot].isRemoved
    }

    /// A timer was set for the time at which what runs is to be looked at.
    ///
    /// - Returns: The one that is not needed any more: there is one for all.
    mutating func lookScheduled(at time: Timestamp, _ timer: DeadlineID) -> DeadlineID? {
        // Somebody has decided on another time meanwhile, or it has come already.
        guard lookTime == time else { return timer }
        defer { lookTimer = timer }
        return lookTimer
    }

    /// Looks at what runs: whose deadline has passed, and when to look again.
    ///
    /// Deadlines are not taken away when attempts end, which is what nearly all of them do long before: the time of the look
    /// stays, and is that of another one when it has come.
    ///
    /// - Parameter time: What the timer was set for.
    mutating func look(at time: Timestamp, now: Timestamp) -> (passed: [Attempt], next: Timestamp?) {
        guard lookTime == time else { return ([], nil) }
        let (passed, next) = running.takePassed(now: now)
        lookTime = next
        lookTimer = nil
        return (passed, next < .distantFuture ? next : nil)
    }

    /// The shutdown cancels: these now, and what begins later at once.
    mutating func cancel() -> [Attempt] {
        isCancelling = true
        return running.all
    }

    /// The init closures that run for nobody yet: once the shutdown has begun, for nobody at all.
    var makingAhead: [Attempt] {
        running.all.filter { $0.place == nil && $0.environment.initialization == .provisioned }
    }

    /// Whether an init closure that begins now is cancelled at once.
    func isTooLate(for initialization: EnvironmentContext.Initialization) -> Bool {
        switch initialization {
        case .provisioned: !lifecycle.takesInvocations
        case .onDemand: isCancelling
        }
    }

    // MARK: - Functions

    func record(named name: String) -> FunctionRecord? { names[name].map { functions[$0].record } }

    /// All functions by name.
    var live: [FunctionState] { names.sorted { $0.key < $1.key }.map { functions[$0.value] } }

    /// What speaks against a function of this name and reservation; nil if nothing does.
    func fault(registering name: String, _ configuration: FunctionConfiguration) -> FunctionHostError? {
        if !lifecycle.takesInvocations {
            return FunctionHostError(
                .shuttingDown, functionName: name, reason: "the host is shutting down; register before that")
        }
        if names[name] != nil {
            return FunctionHostError(
                .alreadyRegistered, functionName: name,
                reason: "a function of this name exists; remove it first or choose another name")
        }
        return fault(limiting: nil, configuration).map {
            FunctionHostError(.invalidConfiguration, functionName: name, reason: $0)
        }
    }

    /// Adds a function that has no fault.
    mutating func add(
        _ identity: FunctionIdentity, _ configuration: FunctionConfiguration, idleTimeout: Duration,
        make: (_ slot: Int) -> FunctionRecord
    ) -> FunctionRecord {
        let slot = freeSlots.last ?? functions.count
        let record = make(slot)
        var pool = EnvironmentPoolStateMachine<Environment, Ticket>(
            concurrency: record.code.concurrency, idleTimeout: configuration.idleTimeout ?? idleTimeout)
        pool.provisioned = configuration.provisionedConcurrency
        let snapshot = FunctionSnapshot(identity: identity, configuration: configuration)
        record.configure(snapshot)
        let state = FunctionState(
            record: record, recordID: ObjectIdentifier(record), snapshot: snapshot, pool: pool)
        if freeSlots.popLast() != nil {
            functions[slot] = state
        } else {
            functions.append(state)
            admission.addLane()
        }
        names[identity.name] = slot
        if configuration.reservedConcurrency != nil {
            _ = admission.reserve(configuration.reservedConcurrency, for: slot)
        }
        return record
    }

    /// Changes a configuration that has no fault of its own.
    mutating func update(
        _ record: FunctionRecord, _ configuration: FunctionConfiguration, idleTimeout: Duration
    ) throws(FunctionHostError) -> UpdateAction {
        let slot = record.slot
        let old = functions[slot].snapshot.configuration
        if let fault = fault(limiting: slot, configuration) {
            throw FunctionHostError(.invalidConfiguration, functionName: record.identity.name, reason: fault)
        }
        let snapshot = FunctionSnapshot(identity: record.identity, configuration: configuration)
        functions[slot].snapshot = snapshot
        record.configure(snapshot)
        functions[slot].pool.provisioned = configuration.provisionedConcurrency
        functions[slot].pool.idleTimeout = configuration.idleTimeout ?? idleTimeout
        var action = UpdateAction()
        if old.variables != configuration.variables || old.memorySize != configuration.memorySize {
            action.ended = functions[slot].pool.condemnAll(.updated)
            offer(action.ended, of: record)
        }
        // What is idle already was to be looked at by the old idle time, or to be kept.
        let isSame =
            old.idleTimeout == configuration.idleTimeout
            && old.provisionedConcurrency <= configuration.provisionedConcurrency
        // A timer that is set for an earlier time sets the next one itself.
        if !isSame, let next = functions[slot].pool.nextExpiry, next < functions[slot].expiryTime ?? .distantFuture {
            functions[slot].expiryTime = next
            action.expiry = next
        }
        if old.reservedConcurrency != configuration.reservedConcurrency {
            action.granted = admission.reserve(configuration.reservedConcurrency, for: slot)
        }
        return action
    }

    /// What the host's limit has against a configuration; nil if nothing.
    private func fault(limiting slot: Int?, _ configuration: FunctionConfiguration) -> String? {
        if configuration.provisionedConcurrency > admission.limit {
            return "provisionedConcurrency is \(configuration.provisionedConcurrency); "
                + "the host's concurrency is \(admission.limit)"
        }
        return admission.fault(reserving: configuration.reservedConcurrency, for: slot)
    }

    /// Takes a function away: what runs goes on to its end, who waits is told.
    mutating func remove(
        _ record: FunctionRecord
    ) -> (refused: [Ticket], granted: [Ticket], ended: [EndedEnvironment], timer: DeadlineID?) {
        let slot = record.slot
        names[record.identity.name] = nil
        functions[slot].isRemoved = true
        record.remove()
        functions[slot].pool.provisioned = 0
        let refused = admission.withdrawAll(of: slot)
        var granted: [Ticket] = []
        if functions[slot].snapshot.configuration.reservedConcurrency != nil {
            granted = admission.reserve(nil, for: slot)
        }
        let ended = functions[slot].pool.condemnAll(.removed)
        offer(ended, of: record)
        let timer = functions[slot].expiryTimer
        functions[slot].expiryTime = nil
        functions[slot].expiryTimer = nil
        freeIfUnused(slot)
        return (refused, granted, ended, timer)
    }

    /// Takes out everything that may refer to the host.
    mutating func letGo() -> (ContiguousArray<FunctionState>, RunningTable) {
        defer {
            names = [:]
            functions = []
            left = []
            unclaimed = [:]
            running = RunningTable()
        }
        return (functions, running)
    }

    // MARK: - Environments

    /// Begins to make an environment ahead; nil if none is missing.
    mutating func provision(_ record: FunctionRecord) -> (environment: Environment, entry: Int, FunctionSnapshot)? {
        guard lifecycle.takesInvocations, isLive(record), let entry = functions[record.slot].pool.provision() else {
            return nil
        }
        return (makeEnvironment(record.slot, .provisioned), entry, functions[record.slot].snapshot)
    }

    /// An environment made ahead is ready.
    mutating func provisioned(
        _ record: FunctionRecord, _ environment: Environment, entry: Int, now: Timestamp
    ) -> (joiners: [Ticket], ended: EndedEnvironment?) {
        let result = functions[record.slot].pool.started(entry, environment, now: now)
        freeIfUnused(record.slot)
        return result
    }

    /// An environment made ahead could not be made.
    mutating func provisioningFailed(_ record: FunctionRecord, entry: Int) -> [Ticket] {
        let joiners = functions[record.slot].pool.failed(entry)
        freeIfUnused(record.slot)
        return joiners
    }

    /// A timer was set for the time at which a function's idle environments are to be looked at.
    ///
    /// - Returns: The one that is not needed any more: there is one for each function.
    mutating func expiryScheduled(_ record: FunctionRecord, at time: Timestamp, _ timer: DeadlineID) -> DeadlineID? {
        // Somebody has decided on another time meanwhile, or it has come already.
        guard isLive(record), functions[record.slot].expiryTime == time else { return timer }
        defer { functions[record.slot].expiryTimer = timer }
        return functions[record.slot].expiryTimer
    }

    /// The idle time of a function's environments may have passed.
    ///
    /// - Parameter time: What the timer was set for.
    mutating func expire(
        _ record: FunctionRecord, at time: Timestamp, now: Timestamp
    ) -> (ended: [EndedEnvironment], next: Timestamp?) {
        guard isLive(record), functions[record.slot].expiryTime == time else { return ([], nil) }
        let mayEnd = lifecycle.isRunning || record.code.shutDown == nil
        let ended = mayEnd ? functions[record.slot].pool.expire(now: now) : []
        offer(ended, of: record)
        let next = mayEnd ? functions[record.slot].pool.nextExpiry : nil
        functions[record.slot].expiryTime = next
        functions[record.slot].expiryTimer = nil
        return (ended, next)
    }

    /// Environments have ended, and are returned to somebody who is to claim them.
    private mutating func offer(_ ended: [EndedEnvironment], of record: FunctionRecord) {
        for environment in ended { unclaimed[environment.instance.id] = (record, environment) }
    }

    /// Whether it falls to whoever asks to shut an environment down; not if somebody else has claimed it.
    mutating func claim(_ ended: EndedEnvironment) -> Bool {
        unclaimed.removeValue(forKey: ended.instance.id) != nil
    }

    /// Leaves an environment that nobody has claimed to the next invocation to end, or to the shutdown: nobody runs the host.
    mutating func leave(_ ended: EndedEnvironment) {
        if let unclaimed = unclaimed.removeValue(forKey: ended.instance.id) { left.append(unclaimed) }
    }

    /// Ends the environments of all functions, each once.
    mutating func endEnvironments() -> [(FunctionRecord, EndedEnvironment)] {
        // In an order that does not depend on hashing: the same seed gives the same run.
        var all = left + unclaimed.sorted { $0.key.number < $1.key.number }.map(\.value)
        left = []
        unclaimed = [:]
        for slot in functions.indices {
            functions[slot].pool.provisioned = 0
            all += functions[slot].pool.condemnAll(.shutdown).map { (functions[slot].record, $0) }
        }
        return all
    }

    // MARK: - Inside

    private mutating func makeEnvironment(
        _ slot: Int, _ initialization: EnvironmentContext.Initialization
    ) -> Environment {
        environments += 1
        return Environment(id: EnvironmentID(environments), of: functions[slot].snapshot, initialization)
    }

    private mutating func occupy(
        _ slot: Int, _ attempt: Attempt, _ environment: consuming Environment, _ snapshot: consuming FunctionSnapshot,
        _ entry: Int, isCold: Bool, now: Timestamp
    ) {
        attempt.begin(snapshot, environment, isCold: isCold, now: now)
        let deadline = attempt.deadline
        let isEarliest = deadline < lookTime
        if isEarliest { lookTime = deadline }
        attempt.place = Attempt.Place(
            entry: entry, running: running.insert(attempt, deadline: deadline),
            concurrency: admission.inFlight(of: slot), isCancelled: isCancelling, isEarliest: isEarliest)
    }

    /// Lets the slot of a removed function serve another one once nothing of it is left.
    private mutating func freeIfUnused(_ slot: Int) {
        guard functions[slot].isRemoved, admission.inFlight(of: slot) == 0, functions[slot].pool.count == 0,
            functions[slot].record !== FunctionRecord.gone
        else { return }
        freeSlots.append(slot)
        // What the closures hold is let go with the function and not with its successor; outside the lock, since whoever
        // asks for this holds the record.
        functions[slot].record = .gone
    }
}
