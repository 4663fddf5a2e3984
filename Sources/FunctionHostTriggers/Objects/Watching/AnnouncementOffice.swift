// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Hands events over to those who want to know.
struct AnnouncementOffice: Sendable {
    /// What becomes of an event.
    enum Fate: Sendable, Hashable {
        case accepted
        /// It would be refused again if it were tried again now.
        case refused
        /// The host shuts down.
        case cutOff
    }

    /// How often a target is tried before the others go on.
    private static let attempts = 3

    private let watch: String
    private let bucket: String
    private let rules: NotificationRules
    private let writer: S3EventWriter
    private let tree: any WatchedTree
    private let eTagBytes: Int
    private let host: FunctionHost

    init(
        watch: String, bucket: String, rules: NotificationRules, tree: any WatchedTree, eTagBytes: Int,
        host: FunctionHost
    ) {
        (self.watch, self.bucket, self.rules, self.tree) = (watch, bucket, rules, tree)
        (self.eTagBytes, self.host) = (eTagBytes, host)
        writer = S3EventWriter(bucket: bucket)
    }

    /// Hands several over at the same time, each about an object of its own.
    ///
    /// - Returns: What became of each, in order.
    func handOver(_ batch: [WatchStateMachine.Announcement]) async -> [Fate] {
        await withTaskGroup(of: (Int, Fate).self) { group in
            for (index, announcement) in batch.enumerated() {
                group.addTask { (index, await handOver(announcement)) }
            }
            var fates = [Fate](repeating: .cutOff, count: batch.count)
            for await (index, fate) in group { fates[index] = fate }
            return fates
        }
    }

    private func handOver(_ announcement: WatchStateMachine.Announcement) async -> Fate {
        let (change, path) = (announcement.change, announcement.path)
        // Nobody wants to know any more of what was known from an earlier time.
        guard let rule = rules.rule(for: change, of: path) else { return .accepted }
        let payload = await event(announcement, rule)
        let key = Self.idempotencyKey(announcement, bucket: bucket)
        for attempt in 1... {
            do {
                try await send(payload, to: rule.target, about: path, key)
                tell(.handedOver(eventName: change.rawValue, key: path.text, notification: rule.id))
                return .accepted
            } catch {
                let code = (error as? FunctionHostError)?.code
                if Task.isCancelled || code == .shuttingDown { return .cutOff }
                tell(.notHandedOver(eventName: change.rawValue, key: path.text, reason: "\(error)"))
                // The host's queue is waited for. Other targets are not to hold everybody up: they are tried again with a scan.
                let isQueue = code == .queueFull || code == .queueUnavailable
                guard isQueue || DeliveryFault(error).mayPass && attempt < Self.attempts else { return .refused }
                guard await host.sleepUnlessShutDown(for: .seconds(1)) else { return .cutOff }
            }
        }
        return .refused
    }

    private func event(_ announcement: WatchStateMachine.Announcement, _ rule: ObjectNotification) async -> [UInt8] {
        let (path, stamp) = (announcement.path, announcement.stamp)
        var eTag: String?
        if let stamp, stamp.size <= eTagBytes { eTag = await tree.eTag(of: path, stamp, atMost: eTagBytes) }
        let time = host.wallTime
        return writer.event(
            announcement.change, of: path,
            .init(
                time: time, requestID: host.nextID(), notification: rule.id, size: stamp?.size, eTag: eTag,
                // Nothing is told of one object twice in a nanosecond.
                sequencer: UInt64(clamping: time.nanoseconds)))
    }

    private func send(
        _ payload: [UInt8], to target: DeliveryTarget, about path: ObjectPath, _ key: String
    ) async throws {
        switch target.place {
        case .function(let name):
            var options = EnqueueOptions()
            options.idempotencyKey = key
            options.deduplication = .within(.seconds(86_400))
            try await host.enqueue(named: name, payload: payload, options: options)
        case .sink(let sink):
            try await sink.take(
                DeliveryContent(id: key, body: payload, groupID: SHA256.hexDigest(of: path.text), deduplicationID: key))
        }
    }

    /// The same for the same version of an object, and another one for each other.
    static func idempotencyKey(_ announcement: WatchStateMachine.Announcement, bucket: String) -> String {
        let (change, key) = (announcement.change.rawValue, announcement.path.text)
        return SHA256.hexDigest(of: "\(bucket)\n\(change)\n\(key)\n\(announcement.identity)")
    }

    private func tell(_ kind: ObjectWatchEvent.Kind) {
        host.tell(ObjectWatchEvent(serviceName: watch, kind: kind))
    }
}
