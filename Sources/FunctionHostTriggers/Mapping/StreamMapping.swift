// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// Connects a stream to a function, which is invoked with its records, batch by batch, for as long as the host runs.
///
/// Made by `map` of the host. Each record is brought to an end at least once: done, or discarded as the configuration says, of which
/// the on-failure destination is told. How far the mapping has come is kept in a ``CheckpointStore``.
public final class StreamMapping: HostService {
    /// What it is called in events, and where it keeps its checkpoints: the same name goes on where it stopped.
    public let name: String
    /// The function's name.
    public let functionName: String
    /// Where the records come from.
    public let source: any StreamSource

    private struct State {
        var configuration: StreamMappingConfiguration
        var wish = Wish.run
        var state = MappingState.creating
        /// Counts changes of the configuration, so that a poller's rules are known to be old.
        var generation = 0
    }

    private enum Wish {
        case run
        case pause
        case delete
    }

    private let state: Mutex<State>
    private let wakeup = Wakeup()
    private let runner: BatchRunner<StreamBatch>
    private let options: StreamMappingOptions

    init(
        _ name: String, _ source: any StreamSource, _ runner: BatchRunner<StreamBatch>,
        _ configuration: StreamMappingConfiguration, _ options: StreamMappingOptions
    ) {
        self.name = name
        self.source = source
        self.runner = runner
        self.options = options
        functionName = runner.functionName
        state = Mutex(State(configuration: configuration))
    }

    // MARK: - Looking after it

    /// What it is doing.
    public var status: MappingState { state.withLock { $0.state } }

    /// How batches are made and retried.
    public var configuration: StreamMappingConfiguration { state.withLock { $0.configuration } }

    /// Begins no batch any more until it is resumed; batches that run are waited for. The position is kept.
    public func pause() { wish(.pause, .disabling) }

    /// Goes on where it paused.
    public func resume() { wish(.run, .enabling) }

    /// Ends it, and forgets how far it has come; batches that run are waited for.
    public func delete() { wish(.delete, .deleting) }

    /// Changes how batches are made and retried, from the next batch on. The starting position has no effect any more.
    ///
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`.
    public func update(_ change: (inout StreamMappingConfiguration) -> Void) throws(FunctionHostError) {
        var configuration = configuration
        change(&configuration)
        try configuration.check(functionName)
        state.withLock { state in
            state.configuration = configuration
            state.generation += 1
            if state.state == .enabled { state.state = .updating }
        }
        wakeup.call()
    }

    private func wish(_ wish: Wish, _ transition: MappingState) {
        state.withLock { state in
            guard state.wish != .delete, state.wish != wish else { return }
            state.wish = wish
            state.state = transition
        }
        wakeup.call()
    }

    // MARK: - Working

    /// Works until the host shuts down or the mapping is deleted.
    public func run(on host: FunctionHost) async {
        var isShutDown = false
        while !isShutDown {
            switch state.withLock({ $0.wish }) {
            case .run: isShutDown = await !poll(host)
            case .pause:
                set(.disabled, while: .pause)
                isShutDown = await !wakeup.wait(on: host, until: nil)
            case .delete:
                do { try await options.checkpoints.forget(name) } catch {
                    tell(.checkpointFailed(reason: "\(error)"), host)
                }
                state.withLock { $0.state = .deleted }
                return
            }
        }
    }

    private func set(_ new: MappingState, while wish: Wish) {
        state.withLock { if $0.wish == wish { $0.state = new } }
    }

    private func tell(_ kind: MappingEvent.Kind, _ host: FunctionHost) {
        host.tell(MappingEvent(serviceName: name, shard: nil, kind: kind))
    }

    /// Works with one configuration, until there is another one or something else is wanted.
    ///
    /// - Returns: false if the host shuts down.
    private func poll(_ host: FunctionHost) async -> Bool {
        let (configuration, generation) = state.withLock { ($0.configuration, $0.generation) }
        let work = ShardWork(
            mappingName: name, source: source, runner: runner,
            rules: ShardRules(configuration, batchBytes: host.configuration.payloadLimit, filter: options.filter),
            onFailure: options.onFailure, checkpoints: options.checkpoints)
        let subscription = source.subscribe(to: nil) { [wakeup] in wakeup.call() }
        defer { subscription.cancel() }
        guard var roster = await ShardRoster(of: self, configuration.startingPosition, host) else { return false }
        set(.enabled, while: .run)
        return await withDiscardingTaskGroup(returning: Bool.self) { group in
            defer { roster.stop() }
            while true {
                let isCurrent = state.withLock { $0.wish == .run && $0.generation == generation }
                guard isCurrent else { return true }
                for (shard, position) in await roster.beginning(host) {
                    let poller = ShardPoller(work, shard: shard, from: position, now: host.now)
                    roster.add(poller)
                    group.addTask { [finished = roster.finished] in
                        if await poller.run(on: host) {
                            finished.add(shard)
                            self.wakeup.call()
                        }
                    }
                }
                let poll = source.pollInterval.map { host.now.advanced(by: max($0, .seconds(1))) }
                let retry = roster.hasFailed ? host.now.advanced(by: .seconds(1)) : nil
                guard await wakeup.wait(on: host, until: [poll, retry].compactMap { $0 }.min()) else { return false }
            }
        }
    }

    /// How far it has come in each shard; tried until it is known, or the host shuts down.
    fileprivate func checkpoints(_ host: FunctionHost) async -> [ShardID: ShardCheckpoint]? {
        while true {
            do {
                return try await options.checkpoints.checkpoints(of: name)
            } catch {
                tell(.checkpointFailed(reason: "\(error)"), host)
                guard await host.sleepUnlessShutDown(for: .seconds(1)) else { return nil }
            }
        }
    }

    fileprivate func shards(_ host: FunctionHost) async -> [Shard]? {
        do {
            return try await source.shards()
        } catch {
            tell(.readingFailed(reason: "\(error)"), host)
            return nil
        }
    }
}

/// What a mapping is doing.
///
/// Source: AWS Lambda API Reference, *EventSourceMappingConfiguration*, `State`.
public enum MappingState: String, Sendable, Hashable {
    /// It waits for the host to run.
    case creating = "Creating"
    /// It works.
    case enabled = "Enabled"
    /// It is about to work again.
    case enabling = "Enabling"
    /// It waits for its batches to end.
    case disabling = "Disabling"
    /// It does nothing until it is resumed.
    case disabled = "Disabled"
    /// It is about to work with another configuration.
    case updating = "Updating"
    /// It waits for its batches to end, and is gone then.
    case deleting = "Deleting"
    /// It is gone.
    case deleted = "Deleted"
}

/// Which shards of a stream are worked on, and which are next.
private struct ShardRoster {
    /// Shards that are done with, told by their pollers.
    let finished: FinishedShards
    private let mapping: StreamMapping
    private let start: StreamMappingConfiguration.StartingPosition
    private let saved: [ShardID: ShardCheckpoint]
    private var begun: Set<ShardID> = []
    private var pollers: [ShardPoller] = []
    /// The shards that were there at the very first, which are begun at the starting position; nil until it is known.
    private var initial: Set<ShardID>?
    /// Whether the list of shards could not be had.
    private(set) var hasFailed = false

    /// - Returns: nil if the host shuts down before it is known how far the mapping has come.
    init?(
        of mapping: StreamMapping, _ start: StreamMappingConfiguration.StartingPosition, _ host: FunctionHost
    ) async {
        guard let saved = await mapping.checkpoints(host) else { return nil }
        self.mapping = mapping
        self.start = start
        self.saved = saved
        finished = FinishedShards(Set(saved.filter { $0.value == .finished }.keys))
        if !saved.isEmpty { initial = [] }
    }

    /// The shards whose turn has come, and where to begin in them: those whose parents are done with.
    mutating func beginning(_ host: FunctionHost) async -> [(ShardID, StreamPosition)] {
        guard let shards = await mapping.shards(host) else {
            hasFailed = true
            return []
        }
        hasFailed = false
        let known = Set(shards.map(\.id))
        if initial == nil { initial = known }
        let done = finished.all
        var beginning: [(ShardID, StreamPosition)] = []
        for shard in shards where !begun.contains(shard.id) && !done.contains(shard.id) {
            guard shard.parents.allSatisfy({ done.contains($0) || !known.contains($0) }) else { continue }
            begun.insert(shard.id)
            beginning.append((shard.id, position(of: shard.id)))
        }
        return beginning
    }

    private func position(of shard: ShardID) -> StreamPosition {
        if case .position(let position) = saved[shard] { return position }
        guard initial?.contains(shard) ?? false else { return .oldest }
        return switch start {
        case .oldest: .oldest
        case .latest: .latest
        case .at(let time): .at(time)
        }
    }

    mutating func add(_ poller: ShardPoller) { pollers.append(poller) }

    /// No poller begins a batch any more.
    func stop() { for poller in pollers { poller.stop() } }
}

/// Shards that have been read to their end.
private final class FinishedShards: Sendable {
    private let shards: Mutex<Set<ShardID>>

    init(_ shards: Set<ShardID>) { self.shards = Mutex(shards) }

    var all: Set<ShardID> { shards.withLock { $0 } }
    func add(_ shard: ShardID) { shards.withLock { _ = $0.insert(shard) } }
}
