// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@testable import FunctionHostTriggers

/// A directory that never was on a disk, in the time of a simulation, with a system that tells of its changes.
final class FakeTree: WatchedTree {
    /// What a system, or who asks it, may do wrong.
    enum Bug: CaseIterable, Sendable {
        /// A directory is watched after its names were read, not before.
        case watchesLate
        /// Changes that are too many are dropped without a word.
        case losesChanges
        /// A file is told complete when it is written to.
        case tellsEarly
        /// Now and then a file that is there is not seen.
        case looksAway
    }

    private struct File {
        var stamp: FileStamp
        var isOpen = false
        /// Whether it was there before somebody began to write to it: that it was closed may be told after that.
        var isOld = false
    }

    private struct State {
        var files: [String: File] = [:]
        var directories: Set<String> = []
        var watched: Set<String> = []
        var told = TreeChanges()
        var changed: (@Sendable () -> Void)?
        var inodes: UInt64 = 0
        var sizes: Int64 = 0
        var faults = 0
        /// Sizes that files had when they were closed, or moved to their places: each is one of a kind.
        var complete: Set<Int64> = []
    }

    private let state = Mutex(State())
    private let simulation: Simulation
    private let bug: Bug?
    private let limit: Int

    init(bug: Bug? = nil, limit: Int = 20) throws {
        simulation = try #require(Simulation.current)
        (self.bug, self.limit) = (bug, limit)
    }

    private var now: Int64 { simulation.clock.wallTime.nanoseconds }

    /// The files there are, and the sizes that tell their versions.
    var files: [String: Int64] { state.withLock { $0.files.filter { !$0.value.isOpen }.mapValues(\.stamp.size) } }
    var openFiles: [String] { state.withLock { $0.files.filter(\.value.isOpen).keys.sorted() } }
    var directories: [String] { state.withLock { $0.directories.sorted() } }
    func isComplete(_ size: Int64) -> Bool { state.withLock { $0.complete.contains(size) } }

    /// The next so many questions are not answered.
    func fail(_ count: Int) { state.withLock { $0.faults = count } }

    // MARK: - What others do

    /// Begins to write a file, anew or in place of what is there.
    func begin(_ path: String) {
        change { state, now in
            let isNew = state.files[path] == nil
            state.sizes += 1
            if isNew { state.inodes += 1 }
            let inode = state.files[path]?.stamp.inode ?? state.inodes
            let stamp = FileStamp(inode: inode, size: state.sizes, modified: now, changed: now)
            state.files[path] = File(stamp: stamp, isOpen: true, isOld: !isNew)
            if !isNew { state.complete.insert(state.sizes) }
            return isNew ? [(path, { .appeared($0) })] : []
        }
    }

    func write(_ path: String) {
        change { [bug] state, now in
            guard let file = state.files[path], file.isOpen else { return [] }
            state.sizes += 1
            state.files[path]?.stamp = FileStamp(
                inode: file.stamp.inode, size: state.sizes, modified: now, changed: now)
            if file.isOld { state.complete.insert(state.sizes) }
            return bug == .tellsEarly ? [(path, { .completed($0) })] : []
        }
    }

    func close(_ path: String) {
        change { state, _ in
            guard let file = state.files[path], file.isOpen else { return [] }
            state.files[path]?.isOpen = false
            state.complete.insert(file.stamp.size)
            return [(path, { .completed($0) })]
        }
    }

    /// Moves a file that was written elsewhere to its place.
    func moveIn(_ path: String) {
        change { state, now in
            state.sizes += 1
            state.inodes += 1
            state.complete.insert(state.sizes)
            state.files[path] = File(
                stamp: FileStamp(
                    inode: state.inodes, size: state.sizes, modified: now - 1_000_000_000_000, changed: now))
            return [(path, { .completed($0) })]
        }
    }

    func delete(_ path: String) {
        change { state, _ in state.files.removeValue(forKey: path) == nil ? [] : [(path, { .vanished($0) })] }
    }

    func makeDirectory(_ path: String) {
        change { state, _ in state.directories.insert(path).inserted ? [(path, { .directoryAppeared($0) })] : [] }
    }

    /// Renames a file, or a directory with what is in it.
    func rename(_ path: String, to newPath: String) {
        change { state, now in
            if let file = state.files.removeValue(forKey: path) {
                state.files[newPath] = file
                state.files[newPath]?.stamp.changed = now
                return [(path, { .vanished($0) }), (newPath, { .completed($0) })]
            }
            guard state.directories.remove(path) != nil else { return [] }
            state.directories.insert(newPath)
            state.watched.remove(path)
            for directory in state.directories where directory.hasPrefix(path + "/") {
                state.directories.remove(directory)
                state.directories.insert(newPath + directory.dropFirst(path.count))
                state.watched.remove(directory)
            }
            for (key, file) in state.files where key.hasPrefix(path + "/") {
                state.files[key] = nil
                state.files[newPath + key.dropFirst(path.count)] = file
            }
            return [(path, { .directoryVanished($0) }), (newPath, { .directoryAppeared($0) })]
        }
    }

    /// Changes something, and has the system tell of it where it watches.
    private func change(_ body: (inout State, Int64) -> [(String, (ObjectPath) -> TreeChange)]) {
        let now = now
        let call = state.withLock { state in
            for (path, change) in body(&state, now) {
                let parent = path.contains("/") ? String(path[..<path.lastIndex(of: "/")!]) : ""
                guard state.watched.contains(parent), let key = ObjectPath(path, in: nil) else { continue }
                state.told.changes.append(change(key))
            }
            if state.told.changes.count > limit {
                state.told = TreeChanges(changes: [], areIncomplete: bug != .losesChanges)
            }
            return state.told.changes.isEmpty && !state.told.areIncomplete ? nil : state.changed
        }
        call?()
    }

    // MARK: - What a watch asks

    func begin(_ changed: @escaping @Sendable () -> Void) { state.withLock { $0.changed = changed } }

    func end() {
        state.withLock { state in
            state.changed = nil
            state.watched = []
            state.told = TreeChanges()
        }
    }

    func takeChanges() -> TreeChanges {
        state.withLock { state in
            defer { state.told = TreeChanges() }
            return state.told
        }
    }

    private func pause() async { try? await simulation.clock.sleep(for: .milliseconds(simulation.random(in: 0...20))) }

    private func checkFaults() throws(ObjectError) {
        let fails = state.withLock { state in
            state.faults -= 1
            return state.faults >= 0
        }
        if fails { throw ObjectError(.other, reason: "planted") }
    }

    func open(_ directory: ObjectPath?) async throws(ObjectError) -> OpenedDirectory {
        await pause()
        try checkFaults()
        let path = directory?.text ?? ""
        let isThere = state.withLock { state in
            guard path.isEmpty || state.directories.contains(path) else { return false }
            if bug != .watchesLate { state.watched.insert(path) }
            return true
        }
        guard isThere else { throw ObjectError(.notFound, key: path, reason: "it has gone") }
        await pause()
        let prefix = path.isEmpty ? "" : path + "/"
        let names = state.withLock { state in
            (Array(state.files.keys) + Array(state.directories))
                .filter { $0.hasPrefix(prefix) && !$0.dropFirst(prefix.count).contains("/") && $0 != path }.sorted()
        }
        await pause()
        if bug == .watchesLate { state.withLock { _ = $0.watched.insert(path) } }
        return OpenedDirectory(names: Names(tree: self, prefix: prefix, left: Mutex(names)), isWatched: true)
    }

    func stamp(of path: ObjectPath) async throws(ObjectError) -> FileStamp? {
        await pause()
        try checkFaults()
        if bug == .looksAway, simulation.chance(0.1) { return nil }
        return state.withLock { $0.files[path.text]?.stamp }
    }

    func eTag(of path: ObjectPath, _ stamp: FileStamp, atMost limit: Int) async -> String? {
        await pause()
        return state.withLock { $0.files[path.text]?.stamp == stamp ? "e" : nil }
    }

    private final class Names: DirectoryNames {
        private let tree: FakeTree
        private let prefix: String
        private let left: Mutex<[String]>

        init(tree: FakeTree, prefix: String, left: consuming sending Mutex<[String]>) {
            (self.tree, self.prefix) = (tree, prefix)
            self.left = left
        }

        func next(_ limit: Int) async throws(ObjectError) -> [DirectoryEntry] {
            await tree.pause()
            let names = left.withLock { left in
                defer { left.removeFirst(min(3, left.count)) }
                return Array(left.prefix(3))
            }
            let entries = tree.state.withLock { state in
                names.compactMap { path -> DirectoryEntry? in
                    let name = String(path.dropFirst(prefix.count))
                    if state.directories.contains(path) { return DirectoryEntry(name: name, kind: .directory) }
                    return state.files[path].map { DirectoryEntry(name: name, kind: .file($0.stamp)) }
                }
            }
            // An empty page is the end.
            return entries.isEmpty && !names.isEmpty ? try await next(limit) : entries
        }
    }
}
