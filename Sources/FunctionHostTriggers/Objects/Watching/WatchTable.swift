// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if os(Linux)
    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// Which directory each watch of the system's is for, and so what its events are about.
    ///
    /// A watch sticks to its directory and not to the name: one that is moved takes its watch along, and those of what is in it.
    struct WatchTable: Sendable {
        /// What the system is asked to tell of.
        static let mask =
            UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM) | UInt32(IN_CREATE)
            | UInt32(IN_DELETE) | UInt32(IN_ONLYDIR)

        /// Nil is the root.
        private var paths: [Int32: ObjectPath?] = [:]
        private var numbers: [ObjectPath?: Int32] = [:]

        /// How many directories are watched.
        var count: Int { paths.count }

        /// A directory is watched from now on; the system gives the same number for the same directory.
        mutating func add(_ number: Int32, _ path: ObjectPath?) {
            if let old = paths[number] { numbers[old] = nil }
            if let old = numbers.updateValue(number, forKey: path), old != number { paths[old] = nil }
            paths[number] = .some(path)
        }

        /// Reads events as the system writes them.
        ///
        /// - Returns: What they tell, and which watches are to be ended: those of directories that were moved away.
        mutating func read(_ bytes: UnsafeRawBufferPointer) -> (told: TreeChanges, ended: [Int32]) {
            var told = TreeChanges()
            var ended: [Int32] = []
            var place = 0
            while place + 16 <= bytes.count {
                let number = bytes.loadUnaligned(fromByteOffset: place, as: Int32.self)
                let mask = bytes.loadUnaligned(fromByteOffset: place + 4, as: UInt32.self)
                let length = Int(bytes.loadUnaligned(fromByteOffset: place + 12, as: UInt32.self))
                let end = min(bytes.count, place + 16 + length)
                let name = bytes[(place + 16)..<end].prefix { $0 != 0 }
                place = end
                if mask & UInt32(IN_Q_OVERFLOW) != 0 { told.areIncomplete = true }
                if mask & UInt32(IN_IGNORED) != 0, let path = paths.removeValue(forKey: number) { numbers[path] = nil }
                // What has no key is nobody's business, and what is told of a directory that has gone is found where it is now.
                guard !name.isEmpty, let directory = paths[number],
                    let text = String(validating: name, as: UTF8.self), let path = ObjectPath(text, in: directory),
                    let change = Self.change(mask, path)
                else { continue }
                if case .directoryVanished = change { ended += remove(path, all: mask & UInt32(IN_MOVED_FROM) != 0) }
                told.changes.append(change)
            }
            return (told, ended)
        }

        private static func change(_ mask: UInt32, _ path: ObjectPath) -> TreeChange? {
            let isGone = mask & (UInt32(IN_MOVED_FROM) | UInt32(IN_DELETE)) != 0
            if mask & UInt32(IN_ISDIR) != 0 {
                if isGone { return .directoryVanished(path) }
                return mask & (UInt32(IN_CREATE) | UInt32(IN_MOVED_TO)) != 0 ? .directoryAppeared(path) : nil
            }
            if isGone { return .vanished(path) }
            if mask & (UInt32(IN_CLOSE_WRITE) | UInt32(IN_MOVED_TO)) != 0 { return .completed(path) }
            return mask & UInt32(IN_CREATE) != 0 ? .appeared(path) : nil
        }

        /// Forgets a directory, and everything below it if that went along with it.
        private mutating func remove(_ directory: ObjectPath, all: Bool) -> [Int32] {
            var gone: [Int32] = []
            if let number = numbers.removeValue(forKey: directory) {
                paths[number] = nil
                gone.append(number)
            }
            guard all else { return gone }
            for case (let number, let path?) in paths where path.isBelow(directory) {
                paths[number] = nil
                numbers[path] = nil
                gone.append(number)
            }
            return gone
        }
    }
#endif
