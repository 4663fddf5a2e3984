// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

extension FunctionHost {
    /// Has functions, queues and other targets told of what happens to the objects of a store, for as long as the host runs.
    ///
    /// What is there already is told of, too, unless it was before; so is what came, changed or went while no process was there.
    ///
    /// - Parameters:
    ///   - store: The store; whoever puts files into its directory, they are told of.
    ///   - notifications: Which events go where, 1 to 100; no event may have two.
    ///   - configuration: How the directory is watched.
    ///   - memory: Where it keeps which versions were announced, such as the file of the queue. With nil a process knows nothing of
    ///     the one before, and announces everything anew, which a durable queue tells by the keys for a day.
    ///   - name: What that is kept under; the bucket's name unless given. A host has one watch of a name at a time, and of hosts that
    ///     share a memory one has it.
    /// - Returns: The watch.
    /// - Throws: ``ObjectError`` as `invalidArgument`; ``/FunctionHost/FunctionHostError`` as `shuttingDown`, or
    ///   `alreadyRegistered` if there is a watch of this name.
    /// - Source: Amazon S3 API Reference, *PutBucketNotificationConfiguration*.
    @discardableResult
    public func watch(
        _ store: ObjectStore, _ notifications: [ObjectNotification], configuration: WatchConfiguration = .init(),
        memory: (any ProgressStore)? = nil, name: String? = nil
    ) throws -> ObjectWatch {
        try watch(
            store, notifications, configuration: configuration, memory: memory, name: name,
            tree: FileTree(store, asksSystem: configuration.usesSystemNotifications))
    }

    /// The same with another directory behind it.
    func watch(
        _ store: ObjectStore, _ notifications: [ObjectNotification], configuration: WatchConfiguration,
        memory: (any ProgressStore)?, name: String?, tree: any WatchedTree
    ) throws -> ObjectWatch {
        if let fault = configuration.fault { throw ObjectError(.invalidArgument, reason: fault) }
        let watch = ObjectWatch(
            name: name ?? store.bucket, store: store, configuration: configuration,
            rules: try NotificationRules(notifications), memory: memory, tree: tree)
        try attach(watch, isUnique: true)
        return watch
    }
}
