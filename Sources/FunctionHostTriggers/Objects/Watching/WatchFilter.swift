// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What of a directory is watched.
struct WatchFilter: Sendable {
    let rules: NotificationRules
    private let prefixes: [[UInt8]]
    /// Backwards.
    private let suffixes: [[UInt8]]

    init(rules: NotificationRules, _ configuration: WatchConfiguration) {
        self.rules = rules
        prefixes = configuration.ignoredPrefixes.map { Array($0.utf8) }
        suffixes = configuration.ignoredSuffixes.map { Array($0.utf8.reversed()) }
    }

    /// Whether a file is watched, whose directories are.
    func isWatched(_ path: ObjectPath, name: some StringProtocol) -> Bool { !ignores(name) && rules.isWatched(path) }

    /// Whether there may be watched files in a directory, whose own directories are watched.
    func isEntered(_ directory: ObjectPath, name: some StringProtocol) -> Bool {
        !ignores(name) && rules.mayHold(directory)
    }

    /// Whether there may be watched files in a directory, wherever it is.
    func isEntered(_ directory: ObjectPath) -> Bool {
        rules.mayHold(directory) && !directory.text.split(separator: "/").contains { ignores($0) }
    }

    /// Whether a file is watched, wherever it is.
    func isWatched(_ path: ObjectPath) -> Bool {
        rules.isWatched(path) && !path.text.split(separator: "/").contains { ignores($0) }
    }

    private func ignores(_ name: some StringProtocol) -> Bool {
        prefixes.contains { name.utf8.starts(with: $0) } || suffixes.contains { name.utf8.reversed().starts(with: $0) }
    }
}
