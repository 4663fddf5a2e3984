// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if os(Linux)
    import FunctionHost
    import Synchronization

    #if canImport(Glibc)
        import Glibc
    #elseif canImport(Musl)
        import Musl
    #endif

    /// Has the system tell of changes in directories, and keeps them until somebody takes them.
    ///
    /// A thread of its own waits for what the system tells, until it is ended; then it closes everything.
    ///
    /// - Source: the Linux manual, *inotify(7)*.
    final class DirectoryWatcher: Sendable {
        /// How many changes are kept; when there are more, everything is to be scanned.
        private static let changeLimit = 16_384

        private struct State {
            var table = WatchTable()
            var told = TreeChanges()
        }

        private let state = Mutex(State())
        private let inotify: Descriptor
        private let wakeReader: Descriptor
        private let wakeWriter: Descriptor
        private let changed: @Sendable () -> Void

        /// Nil where the system has no more of these, or none at all.
        init?(_ changed: @escaping @Sendable () -> Void) {
            let number = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
            guard number >= 0 else { return nil }
            let inotify = Descriptor(number)
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { return nil }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            self.inotify = inotify
            wakeReader = Descriptor(ends[0])
            wakeWriter = Descriptor(ends[1])
            self.changed = changed
        }

        func start() { startThread(named: "host-watch") { self.loop() } }

        /// The thread ends, soon.
        func end() {
            var byte: UInt8 = 0
            _ = write(wakeWriter.number, &byte, 1)
        }

        /// Watches an open directory from now on.
        ///
        /// - Returns: false if the system does not: there may be too many watches already.
        func watch(_ directory: Int32, _ path: ObjectPath?) -> Bool {
            state.withLock { state in
                // By its descriptor: whatever has its name by now, it is this one that is watched. Under the lock, so that no event
                // of it is read before it is known what it is about.
                let number = "/proc/self/fd/\(directory)".withCString {
                    inotify_add_watch(inotify.number, $0, WatchTable.mask)
                }
                if number >= 0 { state.table.add(number, path) }
                return number >= 0
            }
        }

        func takeChanges() -> TreeChanges {
            state.withLock { state in
                defer { state.told = TreeChanges() }
                return state.told
            }
        }

        // MARK: - The thread

        private func loop() {
            var descriptors = [
                pollfd(fd: inotify.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wakeReader.number, events: Int16(POLLIN), revents: 0),
            ]
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 8)
            defer { buffer.deallocate() }
            while true {
                guard poll(&descriptors, 2, -1) >= 0 || errno == EINTR else { return }
                if descriptors[1].revents != 0 { return }
                let count = read(inotify.number, buffer.baseAddress, buffer.count)
                guard count > 0 else { continue }
                take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                changed()
            }
        }

        private func take(_ bytes: UnsafeRawBufferPointer) {
            state.withLock { state in
                let (told, ended) = state.table.read(bytes)
                for number in ended { inotify_rm_watch(inotify.number, number) }
                state.told.areIncomplete = state.told.areIncomplete || told.areIncomplete
                state.told.changes += told.changes
                guard state.told.changes.count > Self.changeLimit else { return }
                // Where a directory came from is not to be lost with the rest: what was in it is found gone by the scan.
                state.told = TreeChanges(changes: [], areIncomplete: true)
            }
        }
    }
#endif
