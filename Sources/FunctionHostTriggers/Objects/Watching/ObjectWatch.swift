// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// Has functions and queues told of what happens to the objects of a store, for as long as a host runs.
///
/// Made by `watch` of the host. Each version of each object is handed over at least once, and, as it has an idempotency key, accepted
/// once by a queue that knows it.
public final class ObjectWatch: HostService {
    /// What its memory is kept under; a host has one watch of a name.
    public let name: String
    /// The store.
    public let store: ObjectStore
    private let configuration: WatchConfiguration
    private let filter: WatchFilter
    private let memory: (any ProgressStore)?
    private let tree: any WatchedTree

    init(
        name: String, store: ObjectStore, configuration: WatchConfiguration, rules: NotificationRules,
        memory: (any ProgressStore)?, tree: any WatchedTree
    ) {
        self.name = name
        self.store = store
        self.configuration = configuration
        filter = WatchFilter(rules: rules, configuration)
        self.memory = memory
        self.tree = tree
    }

    /// Watches until the host shuts down.
    public func run(on host: FunctionHost) async {
        let office = AnnouncementOffice(
            watch: name, bucket: store.bucket, rules: filter.rules, tree: tree, eTagBytes: configuration.eTagBytes,
            host: host)
        let keeper = WatchMemory(watch: name, store: memory, host: host)
        guard let known = await keeper.load() else { return }
        let wakeup = Wakeup()
        tree.begin { wakeup.call() }
        defer { tree.end() }
        var round = WatchRound(
            name: name, configuration: configuration, tree: tree, office: office, keeper: keeper, host: host,
            machine: WatchStateMachine(configuration: configuration, filter: filter, known: known, now: host.now))
        while let end = await round.work() {
            // What could not be kept is tried again, though nothing changes.
            let again = round.isAllKept ? end : min(end, host.now.advanced(by: .seconds(1)))
            guard await wakeup.wait(on: host, until: again) else { break }
        }
        await round.keepRest()
    }
}
