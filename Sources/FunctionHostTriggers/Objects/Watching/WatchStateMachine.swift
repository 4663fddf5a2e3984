// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Decides what of a directory is announced: what is new, what has changed, what is complete, what has gone.
///
/// It sees what others observe: names in a directory, what a file is when somebody looks, changes that the system tells of. What was
/// announced is known; a version that is known is not announced again. Nothing is believed that was not looked at after it was
/// told, so that what the system tells twice, late or not at all only changes when somebody looks.
///
/// ```
///             told complete, or not written to for the settling time
///   unknown ─────────────────────────────────────────────► in hand ──handed over──► known
///      │  ▲                                                  │  ▲                     │
///      ▼  │ gone                            not handed over ◄┘  └──another version────┤
///   settling                                                                          ▼
///                                                    unknown ◄──handed over── in hand: gone
/// ```
struct WatchStateMachine: Sendable {
    /// What is to be told of a file.
    struct Announcement: Sendable, Hashable {
        let change: ObjectChange
        let path: ObjectPath
        /// What it is; of what has gone, nil.
        let stamp: FileStamp?
        /// The identity of what it is, or was.
        let identity: String
    }

    /// What is to be done next.
    enum Step: Sendable, Hashable {
        /// Open a directory, and tell of it with ``opened(isWatched:)`` and ``listed(_:in:now:wall:)``; nil is the root.
        case open(ObjectPath?)
        /// Look at files, and tell with ``observed(_:_:_:now:wall:)``.
        case look([ObjectPath])
        /// A scan of everything has ended.
        case scanned(ScanReport)
        /// Nothing, until something changes or the time has come.
        case wait(until: Timestamp)
    }

    /// Why somebody looked at a file.
    enum Occasion: Sendable, Hashable {
        /// Its writer has closed it, or it was moved to its place.
        case completed
        /// A name was given to it: to a new file, which its writer will close, or to one that had another name.
        case appeared
        /// It was found, or its time had come.
        case found
    }

    /// What a scan came by.
    struct ScanReport: Sendable, Hashable {
        var files = 0
        /// What is no object, or has a name that is no key.
        var strange = 0
        /// Directories that could not be read.
        var failures = 0
    }

    private struct Settling {
        let stamp: FileStamp
        let since: Timestamp
    }

    private struct Sweep {
        let below: ObjectPath?
        let onlyUnseen: Bool
        var slot: Int? = 0
    }

    private let configuration: WatchConfiguration
    private let filter: WatchFilter
    private(set) var known: KnownFiles
    private var settling: [ObjectPath: Settling] = [:]
    /// When somebody is to look again, in the order of time, as all wait equally long.
    private var looks = ChunkedQueue<(path: ObjectPath, at: Timestamp)>()
    /// What is being handed over.
    private var inHand: [ObjectPath: Announcement] = [:]
    private var directories: [ObjectPath?] = []
    private var sweeps: [Sweep] = []
    private struct Scan {
        let began: Timestamp
        var report = ScanReport()
        var failed: [ObjectPath?] = []
        var isSweeping = false
    }

    /// How many sweeps wait, and how many directories are remembered that could not be read.
    private static let sweepLimit = 16
    private static let failureLimit = 100

    private var scan: Scan?
    private var nextScan: Timestamp
    private var isWatchComplete = true

    init(configuration: WatchConfiguration, filter: WatchFilter, known: KnownFiles, now: Timestamp) {
        (self.configuration, self.filter, self.known) = (configuration, filter, known)
        nextScan = now
    }

    /// How many files wait to be complete.
    var settlingCount: Int { settling.count }

    // MARK: - Steps

    mutating func step(now: Timestamp) -> Step {
        if let due = takeDueLooks(now) { return .look(due) }
        if let directory = directories.popLast() { return .open(directory) }
        beginSweep()
        if let suspects = nextSuspects() { return .look(suspects) }
        if let report = endScan(now) { return .scanned(report) }
        if nextScan <= now {
            scan = Scan(began: now)
            nextScan = .distantFuture
            isWatchComplete = true
            known.beginScan()
            directories.append(nil)
            return step(now: now)
        }
        return .wait(until: min(nextScan, looks.first?.at ?? .distantFuture))
    }

    private mutating func takeDueLooks(_ now: Timestamp) -> [ObjectPath]? {
        var due: [ObjectPath] = []
        while due.count < configuration.batchSize, let first = looks.first, first.at <= now {
            _ = looks.popFirst()
            guard let waiting = settling[first.path] else { continue }
            if waiting.since.duration(to: now) >= configuration.settlingTime {
                due.append(first.path)
            } else {
                // It was written to after the look was set.
                looks.append((first.path, now.advanced(by: configuration.settlingTime)))
            }
        }
        return due.isEmpty ? nil : due
    }

    /// A scan has been everywhere: what it has not seen may have gone.
    private mutating func beginSweep() {
        guard let failed = scan?.failed, scan?.isSweeping == false else { return }
        scan?.isSweeping = true
        if failed.count < Self.failureLimit, !failed.contains(nil) {
            sweeps.append(Sweep(below: nil, onlyUnseen: true))
        }
    }

    /// Known files that were not seen, or whose directory has gone: somebody is to look at them.
    private mutating func nextSuspects() -> [ObjectPath]? {
        while var sweep = sweeps.last {
            var found = known.files(from: &sweep.slot, onlyUnseen: sweep.onlyUnseen)
            if let below = sweep.below { found.removeAll { !$0.isBelow(below) } }
            // What could not be read is not taken for gone.
            if sweep.onlyUnseen, let failed = scan?.failed, !failed.isEmpty {
                found.removeAll { path in failed.contains { $0.map(path.isBelow) ?? true } }
            }
            if sweep.slot == nil { sweeps.removeLast() } else { sweeps[sweeps.count - 1] = sweep }
            if !found.isEmpty { return found }
        }
        return nil
    }

    private mutating func endScan(_ now: Timestamp) -> ScanReport? {
        guard let ended = scan else { return nil }
        scan = nil
        let pause = isWatchComplete ? configuration.rescanInterval : configuration.pollInterval
        let length = ended.began.duration(to: now)
        let regular = max(now.advanced(by: pause), now.advanced(by: length * 19))
        // What made another scan necessary meanwhile stays so; half of the time may go into scans then.
        nextScan = min(regular, max(nextScan, now.advanced(by: length)))
        return ended.report
    }

    // MARK: - What is observed

    /// A directory is open; if the system tells of its changes, it does from before its names were read.
    mutating func opened(isWatched: Bool) { if !isWatched { isWatchComplete = false } }

    /// Some names of a directory; nil is the root.
    mutating func listed(
        _ entries: [DirectoryEntry], in directory: ObjectPath?, now: Timestamp, wall: Timestamp
    ) -> [Announcement] {
        var announcements: [Announcement] = []
        for entry in entries {
            guard let path = ObjectPath(entry.name, in: directory) else {
                if entry.name != ObjectPath.staging { scan?.report.strange += 1 }
                continue
            }
            switch entry.kind {
            case .directory: if filter.isEntered(path, name: entry.name) { directories.append(path) }
            case .file(let stamp):
                guard filter.isWatched(path, name: entry.name) else { continue }
                scan?.report.files += 1
                if let made = observed(path, stamp, .found, now: now, wall: wall) { announcements.append(made) }
            case .linked, .other: scan?.report.strange += 1
            }
        }
        return announcements
    }

    /// A directory could not be read: what is known in it is not taken for gone.
    ///
    /// - Parameter mayPass: Whether it may be read if that is soon tried again.
    mutating func failed(_ directory: ObjectPath?, mayPass: Bool, now: Timestamp) {
        if mayPass { missedLook(now: now) }
        scan?.report.failures += 1
        if (scan?.failed.count ?? 0) < Self.failureLimit { scan?.failed.append(directory) }
    }

    /// Somebody looked at a file; nil if there is none.
    mutating func observed(
        _ path: ObjectPath, _ stamp: FileStamp?, _ occasion: Occasion, now: Timestamp, wall: Timestamp
    ) -> Announcement? {
        guard let stamp else {
            settling[path] = nil
            guard let identity = known.identity(of: path) else { return nil }
            return announce(Announcement(change: .removed, path: path, stamp: nil, identity: identity))
        }
        if let announced = known.identitySeen(of: path), announced.utf8.starts(with: "\(stamp.version)-".utf8) {
            settling[path] = nil
            return nil
        }
        switch occasion {
        case .completed: break
        // Who writes to a file changes both its times; who gives it another name does not touch the first.
        case .appeared where stamp.modified >= stamp.changed: return nil
        case .appeared, .found: guard isSettled(path, stamp, now: now, wall: wall) else { return nil }
        }
        settling[path] = nil
        return announce(Announcement(change: .created, path: path, stamp: stamp, identity: stamp.identity))
    }

    private mutating func isSettled(_ path: ObjectPath, _ stamp: FileStamp, now: Timestamp, wall: Timestamp) -> Bool {
        if stamp.lastTouched.duration(to: wall) >= configuration.settlingTime { return true }
        if let waiting = settling[path], waiting.stamp == stamp {
            return waiting.since.duration(to: now) >= configuration.settlingTime
        }
        let again = now.advanced(by: configuration.settlingTime)
        if settling.updateValue(Settling(stamp: stamp, since: now), forKey: path) != nil { return false }
        // Of looks at what has settled otherwise there are a few, too.
        guard settling.count <= configuration.maximumSettling, looks.count < 4 * configuration.maximumSettling else {
            settling[path] = nil
            nextScan = min(nextScan, again)
            return false
        }
        looks.append((path, again))
        return false
    }

    /// At most once at a time, and nothing for nobody.
    private mutating func announce(_ announcement: Announcement) -> Announcement? {
        guard inHand[announcement.path] != announcement else { return nil }
        guard filter.rules.rule(for: announcement.change, of: announcement.path) != nil else {
            accept(announcement)
            return nil
        }
        inHand[announcement.path] = announcement
        return announcement
    }

    // MARK: - What the system tells

    /// Something changed; returns what is to be looked at, and why.
    mutating func changed(_ change: TreeChange, now: Timestamp) -> (path: ObjectPath, occasion: Occasion)? {
        switch change {
        case .completed(let path): return filter.isWatched(path) ? (path, .completed) : nil
        case .appeared(let path): return filter.isWatched(path) ? (path, .appeared) : nil
        case .vanished(let path): return filter.isWatched(path) ? (path, .found) : nil
        case .directoryAppeared(let path): if filter.isEntered(path) { directories.append(path) }
        case .directoryVanished(let path):
            if sweeps.count < Self.sweepLimit {
                sweeps.append(Sweep(below: path, onlyUnseen: false))
            } else {
                missedChanges(now: now)
            }
        }
        return nil
    }

    /// The system could not tell of all changes.
    mutating func missedChanges(now: Timestamp) { nextScan = min(nextScan, now) }

    /// A file could not be looked at: it is, with the next scan.
    mutating func missedLook(now: Timestamp) {
        nextScan = min(nextScan, now.advanced(by: configuration.pollInterval))
    }

    // MARK: - What becomes of announcements

    /// It is handed over: the version is known now.
    mutating func handedOver(_ announcement: Announcement) {
        if inHand[announcement.path] == announcement { inHand[announcement.path] = nil }
        accept(announcement)
    }

    /// It was refused: the next scan finds it again.
    mutating func refused(_ announcement: Announcement) {
        if inHand[announcement.path] == announcement { inHand[announcement.path] = nil }
    }

    private mutating func accept(_ announcement: Announcement) {
        switch announcement.change {
        case .created: known.remember(announcement.path, announcement.identity)
        case .removed: known.forget(announcement.path)
        }
    }

    /// What is to be kept; told of with ``notKept(_:)`` if it could not be.
    mutating func takeChanges(atMost limit: Int) -> [(name: String, text: String)] { known.takeChanges(atMost: limit) }

    /// These were not kept.
    mutating func notKept(_ names: [String]) { known.keepAgain(names) }
}
