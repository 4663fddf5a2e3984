// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Where a watch keeps which versions it has announced.
struct WatchMemory: Sendable {
    let watch: String
    /// Nil keeps nothing beyond the process.
    let store: (any ProgressStore)?
    let host: FunctionHost

    /// Whose progress it is.
    private var owner: String { "objects \(watch)" }

    /// Reads what is kept; nil if the host shuts down before that is possible.
    func load() async -> KnownFiles? {
        guard let store else { return KnownFiles() }
        while true {
            do {
                return KnownFiles(try await store.progress(of: owner)) { slot in
                    // Told, and then forgotten: what it held is announced again rather than never.
                    tell("slot \(JSONText.quoted(slot)) is damaged, and what it held may be announced again")
                }
            } catch {
                tell("\(error)")
                guard await host.sleepUnlessShutDown(for: .seconds(1)) else { return nil }
            }
        }
    }

    /// Keeps slots, all at the same time: a durable store waits for the disk once for many.
    ///
    /// - Returns: The names of those that were not kept.
    func keep(_ slots: [(name: String, text: String)]) async -> [String] {
        guard let store else { return [] }
        return await withTaskGroup(of: String?.self) { group in
            for slot in slots {
                group.addTask {
                    do {
                        try await store.keep(slot.text, for: slot.name, of: owner)
                        return nil
                    } catch {
                        tell("\(error)")
                        return slot.name
                    }
                }
            }
            var lost: [String] = []
            for await case let name? in group { lost.append(name) }
            return lost
        }
    }

    private func tell(_ reason: String) {
        host.tell(ObjectWatchEvent(serviceName: watch, kind: .memoryFailed(reason: reason)))
    }
}
