// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// The directory of a store, as a watch sees it.
final class FileTree: WatchedTree {
    private let store: ObjectStore
    private let asksSystem: Bool
    #if os(Linux)
        private let watcher = Mutex<DirectoryWatcher?>(nil)
    #endif

    init(_ store: ObjectStore, asksSystem: Bool) { (self.store, self.asksSystem) = (store, asksSystem) }

    func begin(_ changed: @escaping @Sendable () -> Void) {
        #if os(Linux)
            guard asksSystem, let new = DirectoryWatcher(changed) else { return }
            watcher.withLock { $0 = new }
            new.start()
        #endif
    }

    func end() {
        #if os(Linux)
            let old = watcher.withLock { watcher in
                defer { watcher = nil }
                return watcher
            }
            old?.end()
        #endif
    }

    func takeChanges() -> TreeChanges {
        #if os(Linux)
            watcher.withLock { $0 }?.takeChanges() ?? TreeChanges()
        #else
            TreeChanges()
        #endif
    }

    func open(_ directory: ObjectPath?) async throws(ObjectError) -> OpenedDirectory {
        #if os(Linux)
            let watcher = watcher.withLock { $0 }
        #endif
        let (root, threads) = (store.root, store.threads)
        return try await threads.perform { () throws(ObjectError) in
            let cursor = try root.cursor(directory)
            #if os(Linux)
                let isWatched = watcher?.watch(cursor.number, directory) ?? false
            #else
                let isWatched = false
            #endif
            return OpenedDirectory(names: FileNames(cursor, threads), isWatched: isWatched)
        }
    }

    func stamp(of path: ObjectPath) async throws(ObjectError) -> FileStamp? { try await store.stamp(of: path) }

    func eTag(of path: ObjectPath, _ stamp: FileStamp, atMost limit: Int) async -> String? {
        let (root, threads) = (store.root, store.threads)
        // An event without it is as good: a file that has gone or changed meanwhile is told of by another event.
        return try? await threads.perform { () throws(ObjectError) -> String? in
            let (content, found) = try root.read(path, nil, limit: limit)
            return found == stamp && content.count == stamp.size ? MD5.hash(content).hexDigits : nil
        }
    }
}

/// The names of an open directory.
private final class FileNames: DirectoryNames {
    private let cursor: Mutex<DirectoryCursor>
    private let threads: FileThreads

    init(_ cursor: sending DirectoryCursor, _ threads: FileThreads) {
        self.cursor = Mutex(cursor)
        self.threads = threads
    }

    func next(_ limit: Int) async throws(ObjectError) -> [DirectoryEntry] {
        try await threads.perform { () throws(ObjectError) in
            try self.cursor.withLock { cursor throws(ObjectError) in
                var entries: [DirectoryEntry] = []
                while entries.count < limit, let entry = try cursor.next() { entries.append(entry) }
                return entries
            }
        }
    }
}
