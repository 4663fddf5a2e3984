// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a watch asks the system: behind it is a directory, or in tests something that never was on a disk.
protocol WatchedTree: Sendable {
    /// Begins to collect changes, and calls `changed`, from any thread, when there are some to take.
    func begin(_ changed: @escaping @Sendable () -> Void)

    /// Collects no changes any more.
    func end()

    /// The changes since they were taken last.
    func takeChanges() -> TreeChanges

    /// Opens a directory; nil is the root. From before its first name is read the system tells of its changes, if it does at all.
    ///
    /// - Throws: ``ObjectError`` as `notFound` if there is no such directory.
    func open(_ directory: ObjectPath?) async throws(ObjectError) -> OpenedDirectory

    /// What a file is now; nil if there is no object of this name.
    func stamp(of path: ObjectPath) async throws(ObjectError) -> FileStamp?

    /// The MD5 of a file, if it still is this one and has no more bytes than that.
    func eTag(of path: ObjectPath, _ stamp: FileStamp, atMost limit: Int) async -> String?
}

/// An open directory.
struct OpenedDirectory: Sendable {
    let names: any DirectoryNames
    /// Whether the system tells of its changes.
    let isWatched: Bool
}

/// The names in an open directory.
protocol DirectoryNames: Sendable {
    /// Some more of them; none at the end.
    func next(_ limit: Int) async throws(ObjectError) -> [DirectoryEntry]
}

/// What the system told.
struct TreeChanges: Sendable, Hashable {
    var changes: [TreeChange] = []
    /// Whether there were more than were kept.
    var areIncomplete = false
}

/// What happened in a watched directory, as the system tells it: by names, whatever they stand for by now.
enum TreeChange: Sendable, Hashable {
    /// A file was closed by a writer, or moved to its place.
    case completed(ObjectPath)
    /// A file got a name.
    case appeared(ObjectPath)
    /// A file lost its name.
    case vanished(ObjectPath)
    /// A directory was made, or moved to its place.
    case directoryAppeared(ObjectPath)
    /// A directory was removed, or moved away.
    case directoryVanished(ObjectPath)
}
