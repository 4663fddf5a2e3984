// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Goes through a directory in the order of its keys, and no further than it is asked to.
struct ObjectLister {
    struct Request: Sendable {
        var prefix: [UInt8]
        var delimiter: [UInt8]?
        var startAfter: [UInt8]
        var limit: Int
    }

    /// How many names of a directory are looked at together.
    private static let pageSize = 1_000

    private let root: RootDirectory
    private let request: Request
    private var listing = ObjectListing()
    /// The group that was told last: what else is in it is passed over.
    private var group: [UInt8]?
    private var last: String?
    private var isFull = false

    init(root: RootDirectory, _ request: Request) { (self.root, self.request) = (root, request) }

    mutating func list() throws(ObjectError) -> ObjectListing {
        // What is above the prefix's last / need not be looked at.
        let end = request.prefix.lastIndex(of: UInt8(ascii: "/"))
        let start = end.map { String(decoding: request.prefix[..<$0], as: UTF8.self) }
        if let start {
            // No key begins with what is no path.
            guard let path = try? ObjectPath(key: start) else { return listing }
            try walk(path)
        } else {
            try walk(nil)
        }
        return listing
    }

    // MARK: - Walking

    /// - Parameter directory: The directory; nil is the root.
    private mutating func walk(_ directory: ObjectPath?) throws(ObjectError) {
        var after: [UInt8]?
        while !isFull {
            let page = try names(in: directory, after: after)
            for name in page.names {
                guard let path = ObjectPath(name.text, in: directory) else { continue }
                if name.isDirectory {
                    if mayHold(Array(path.text.utf8) + [UInt8(ascii: "/")]) { try walk(path) }
                } else {
                    try add(path)
                }
                if isFull { return }
            }
            guard page.isCut, let last = page.names.last else { return }
            after = last.order
        }
    }

    private struct Name {
        let text: String
        let isDirectory: Bool

        /// Where it stands: a directory's keys all have a / behind its name.
        var order: [UInt8] { Array(text.utf8) + (isDirectory ? [UInt8(ascii: "/")] : []) }
    }

    /// The next names of a directory in order, of which only so many are held at a time.
    private func names(
        in directory: ObjectPath?, after: [UInt8]?
    ) throws(ObjectError) -> (names: [Name], isCut: Bool) {
        var found: [(order: [UInt8], name: Name)] = []
        var isCut = false
        func cut() {
            found.sort { $0.order.lexicographicallyPrecedes($1.order) }
            guard found.count > Self.pageSize else { return }
            found.removeLast(found.count - Self.pageSize)
            isCut = true
        }
        do throws(ObjectError) {
            let cursor = try root.cursor(directory)
            while let entry = try cursor.next() {
                let isDirectory = entry.kind == .directory
                if !isDirectory { guard case .file = entry.kind else { continue } }
                let name = Name(text: entry.name, isDirectory: isDirectory)
                let order = name.order
                if let after, !after.lexicographicallyPrecedes(order) { continue }
                found.append((order, name))
                if found.count == 2 * Self.pageSize { cut() }
            }
        } catch {
            // It has gone meanwhile, or something else has taken its place.
            guard [.notFound, .conflict, .notAnObject].contains(error.code) else { throw error }
        }
        cut()
        return (found.map(\.name), isCut)
    }

    /// Whether any key of a directory may be asked for; `start` is what all of them begin with.
    private func mayHold(_ start: [UInt8]) -> Bool {
        if let group, start.starts(with: group) { return false }
        guard start.starts(with: request.prefix) || request.prefix.starts(with: start) else { return false }
        return request.startAfter.starts(with: start) || request.startAfter.lexicographicallyPrecedes(start)
    }

    // MARK: - Telling

    private mutating func add(_ path: ObjectPath) throws(ObjectError) {
        let key = Array(path.text.utf8)
        guard key.starts(with: request.prefix), request.startAfter.lexicographicallyPrecedes(key) else { return }
        if let group, key.starts(with: group) { return }
        let newGroup = self.group(of: key)
        if let newGroup, !request.startAfter.lexicographicallyPrecedes(newGroup) { return }
        // Looked at before it counts: it may have gone.
        var stamp: FileStamp?
        if newGroup == nil {
            guard let found = try? root.kind(of: path), case .file(let itsStamp) = found else { return }
            stamp = itsStamp
        }
        guard listing.objects.count + listing.groups.count < request.limit else {
            listing.next = last
            isFull = true
            return
        }
        if let newGroup {
            group = newGroup
            last = String(decoding: newGroup, as: UTF8.self)
            listing.groups.append(String(decoding: newGroup, as: UTF8.self))
        } else if let stamp {
            last = path.text
            listing.objects.append(ObjectInfo(path, stamp))
        }
    }

    /// What a key begins with, up to the first delimiter behind the prefix.
    private func group(of key: [UInt8]) -> [UInt8]? {
        guard let delimiter = request.delimiter, key.count >= delimiter.count else { return nil }
        var index = request.prefix.count
        while index + delimiter.count <= key.count {
            if key[index...].starts(with: delimiter) { return Array(key[..<(index + delimiter.count)]) }
            index += 1
        }
        return nil
    }
}
