// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Does what the state machine decides, one thing after another: looks, hands over, remembers.
struct WatchRound {
    /// How many names of a directory are looked at together.
    private static let pageSize = 256

    let name: String
    let configuration: WatchConfiguration
    let tree: any WatchedTree
    let office: AnnouncementOffice
    let keeper: WatchMemory
    let host: FunctionHost
    var machine: WatchStateMachine
    private var announcements: [WatchStateMachine.Announcement] = []

    init(
        name: String, configuration: WatchConfiguration, tree: any WatchedTree, office: AnnouncementOffice,
        keeper: WatchMemory, host: FunctionHost, machine: WatchStateMachine
    ) {
        (self.name, self.configuration, self.tree) = (name, configuration, tree)
        (self.office, self.keeper, self.host, self.machine) = (office, keeper, host, machine)
    }

    /// Whether everything that was announced is kept.
    var isAllKept: Bool { !machine.known.hasChanges }

    /// Works until there is nothing to do.
    ///
    /// - Returns: When there is, if nothing changes before; nil if the host shuts down.
    mutating func work() async -> Timestamp? {
        while !Task.isCancelled && !host.isShuttingDown {
            guard await takeChanges() else { return nil }
            switch machine.step(now: host.now) {
            case .look(let paths): guard await look(paths) else { return nil }
            case .open(let directory): guard await list(directory) else { return nil }
            case .scanned(let report):
                tell(.scanned(objects: report.files, strange: report.strange, failures: report.failures))
            case .wait(let end):
                guard await handOver() else { return nil }
                await keep()
                return end
            }
        }
        return nil
    }

    /// Keeps what is not yet.
    mutating func keepRest() async {
        while machine.known.hasChanges, await keep() {}
    }

    // MARK: - Looking

    private mutating func takeChanges() async -> Bool {
        let told = tree.takeChanges()
        if told.areIncomplete {
            tell(.missedChanges)
            machine.missedChanges(now: host.now)
        }
        for change in told.changes {
            guard let (path, occasion) = machine.changed(change, now: host.now) else { continue }
            guard await look(path, occasion) else { return false }
        }
        return true
    }

    private mutating func look(_ paths: [ObjectPath]) async -> Bool {
        for path in paths {
            guard await look(path, .found) else { return false }
        }
        return true
    }

    private mutating func look(_ path: ObjectPath, _ occasion: WatchStateMachine.Occasion) async -> Bool {
        do {
            let stamp = try await tree.stamp(of: path)
            let made = machine.observed(path, stamp, occasion, now: host.now, wall: host.wallTime)
            return await add(made.map { [$0] } ?? [])
        } catch {
            tell(.lookFailed(reason: "\(error)"))
            machine.missedLook(now: host.now)
            return true
        }
    }

    /// Goes through the names of a directory, and hears of changes meanwhile.
    private mutating func list(_ directory: ObjectPath?) async -> Bool {
        do {
            let opened = try await tree.open(directory)
            machine.opened(isWatched: opened.isWatched)
            while case let entries = try await opened.names.next(Self.pageSize), !entries.isEmpty {
                let made = machine.listed(entries, in: directory, now: host.now, wall: host.wallTime)
                guard await add(made), await takeChanges() else { return false }
            }
        } catch {
            // A directory that has gone meanwhile is empty.
            if error.code == .notFound, directory != nil { return true }
            machine.failed(directory, mayPass: error.code != .denied, now: host.now)
            tell(.lookFailed(reason: "\(error)"))
        }
        return true
    }

    // MARK: - Handing over

    private mutating func add(_ made: [WatchStateMachine.Announcement]) async -> Bool {
        for announcement in made {
            // Two about one object go one after the other.
            if announcements.contains(where: { $0.path == announcement.path }) {
                guard await handOver() else { return false }
            }
            announcements.append(announcement)
            if announcements.count >= configuration.batchSize {
                guard await handOver() else { return false }
            }
        }
        return true
    }

    /// Hands over first, and remembers then: what is cut off between is handed over again, and told by its key.
    private mutating func handOver() async -> Bool {
        guard !announcements.isEmpty else { return true }
        let batch = announcements
        announcements = []
        let fates = await office.handOver(batch)
        for (announcement, fate) in zip(batch, fates) {
            switch fate {
            case .accepted: machine.handedOver(announcement)
            case .refused: machine.refused(announcement)
            case .cutOff: break
            }
        }
        await keep()
        return !fates.contains(.cutOff)
    }

    /// - Returns: Whether it was kept.
    @discardableResult
    private mutating func keep() async -> Bool {
        while machine.known.hasChanges {
            let lost = await keeper.keep(machine.takeChanges(atMost: 256))
            guard lost.isEmpty else {
                machine.notKept(lost)
                return false
            }
        }
        return true
    }

    private func tell(_ kind: ObjectWatchEvent.Kind) {
        host.tell(ObjectWatchEvent(serviceName: name, kind: kind))
    }
}
