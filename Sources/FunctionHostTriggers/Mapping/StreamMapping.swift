// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

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

    private let control: MappingControl<StreamMappingConfiguration>
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
        control = MappingControl(configuration)
    }

    // MARK: - Looking after it

    /// What it is doing.
    public var status: MappingState { control.status }

    /// How batches are made and retried.
    public var configuration: StreamMappingConfiguration { control.configuration }

    /// Begins no batch any more until it is resumed; batches that run are waited for. The position is kept.
    public func pause() { control.wish(.pause, .disabling) }

    /// Goes on where it paused.
    public func resume() { control.wish(.run, .enabling) }

    /// Ends it, and forgets how far it has come; batches that run are waited for.
    public func delete() { control.wish(.delete, .deleting) }

    /// Changes how batches are made and retried, from the next batch on. The starting position has no effect any more.
    ///
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`.
    public func update(_ change: (inout StreamMappingConfiguration) -> Void) throws(FunctionHostError) {
        try control.update { configuration throws(FunctionHostError) in
            var configuration = configuration
            change(&configuration)
            try configuration.check(runner)
            return configuration
        }
    }

    // MARK: - Working

    /// Works until the host shuts down or the mapping is deleted.
    public func run(on host: FunctionHost) async {
        await control.run(on: host) {
            await poll(host)
        } forget: {
            await forget(host)
        }
    }

    /// Forgets how far it has come; tried until that is done, or the host shuts down.
    private func forget(_ host: FunctionHost) async {
        while true {
            do {
                return try await options.checkpoints.forget(name)
            } catch {
                tell(.checkpointFailed(reason: "\(error)"), host)
                guard await host.sleepUnlessShutDown(for: .seconds(1)) else { return }
            }
        }
    }

    private func tell(_ kind: MappingEvent.Kind, _ host: FunctionHost) {
        host.tell(MappingEvent(serviceName: name, shard: nil, kind: kind))
    }

    /// Works with one configuration, until there is another one or something else is wanted.
    ///
    /// - Returns: false if the host shuts down.
    private func poll(_ host: FunctionHost) async -> Bool {
        let (configuration, generation) = control.begin()
        let work = ShardWork(
            mappingName: name, source: source, runner: runner,
            rules: ShardRules(configuration, batchBytes: host.configuration.payloadLimit), filter: options.filter,
            onFailure: options.onFailure, checkpoints: options.checkpoints)
        let subscription = source.subscribe(to: nil) { [control] in control.wakeup.call() }
        defer { subscription.cancel() }
        guard var roster = await ShardRoster(of: self, configuration.startingPosition, host) else { return false }
        return await withDiscardingTaskGroup(returning: Bool.self) { group in
            defer { roster.stop() }
            while true {
                guard control.isCurrent(generation) else { return true }
                control.became(.enabled, as: .run)
                for (shard, start) in await roster.beginning(host) {
                    let poller = ShardPoller(work, shard: shard, from: start, now: host.now)
                    roster.add(poller)
                    group.addTask { [finished = roster.finished] in
                        if await poller.run(on: host) {
                            finished.add(shard)
                            self.control.wakeup.call()
                        }
                    }
                }
                let poll = source.pollInterval.map { host.now.advanced(by: max($0, .seconds(1))) }
                let retry = roster.hasFailed ? host.now.advanced(by: .seconds(1)) : nil
                let deadline = [poll, retry].compactMap { $0 }.min()
                guard await control.wakeup.wait(on: host, until: deadline) else { return false }
            }
        }
    }

    /// How far it has come in each shard; tried until it is known, or the host shuts down.
    func checkpoints(_ host: FunctionHost) async -> [ShardID: ShardCheckpoint]? {
        while true {
            do {
                return try await options.checkpoints.checkpoints(of: name)
            } catch {
                tell(.checkpointFailed(reason: "\(error)"), host)
                guard await host.sleepUnlessShutDown(for: .seconds(1)) else { return nil }
            }
        }
    }

    func shards(_ host: FunctionHost) async -> [Shard]? {
        do {
            return try await source.shards()
        } catch {
            tell(.sourceFailed(reason: "\(error)"), host)
            return nil
        }
    }
}
