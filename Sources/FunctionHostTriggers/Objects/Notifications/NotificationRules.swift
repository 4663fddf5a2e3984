// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The notifications of a store: no event has more than one.
///
/// Source: Amazon S3 User Guide, *Configuring event notifications using object key name filtering*: two for one kind of event
/// must not overlap both in their prefixes and in their suffixes.
struct NotificationRules: Sendable {
    /// S3's limit for a bucket.
    static let limit = 100

    let all: [ObjectNotification]

    /// - Throws: ``ObjectError`` as `invalidArgument`.
    init(_ notifications: [ObjectNotification]) throws(ObjectError) {
        guard (1...Self.limit).contains(notifications.count) else {
            throw ObjectError(
                .invalidArgument, reason: "there are \(notifications.count) notifications; give 1 to \(Self.limit)")
        }
        for (index, rule) in notifications.enumerated() {
            guard (1...255).contains(rule.id.utf8.count) else {
                throw ObjectError(.invalidArgument, reason: "a notification's id has 1 to 255 bytes; give it another")
            }
            guard !rule.events.isEmpty else {
                throw ObjectError(.invalidArgument, reason: "the notification \(rule.id) is for no event; give it one")
            }
            guard rule.prefix.utf8.count <= ObjectPath.byteLimit, rule.suffix.utf8.count <= ObjectPath.byteLimit else {
                throw ObjectError(
                    .invalidArgument,
                    reason: "the filter of \(rule.id) is longer than a key; \(ObjectPath.byteLimit) bytes at most")
            }
            for other in notifications[..<index] { try Self.check(rule, other) }
        }
        all = notifications
    }

    private static func check(_ rule: ObjectNotification, _ other: ObjectNotification) throws(ObjectError) {
        guard rule.id != other.id else {
            throw ObjectError(.invalidArgument, reason: "two notifications have the id \(rule.id); give one another")
        }
        let changes = Set(rule.events.map(\.change)).intersection(other.events.map(\.change))
        let (prefixes, suffixes) = ((rule.prefix.utf8, other.prefix.utf8), (rule.suffix.utf8, other.suffix.utf8))
        let meetInFront = prefixes.0.starts(with: prefixes.1) || prefixes.1.starts(with: prefixes.0)
        let meetBehind =
            suffixes.0.reversed().starts(with: suffixes.1.reversed())
            || suffixes.1.reversed().starts(with: suffixes.0.reversed())
        guard !changes.isEmpty, meetInFront, meetBehind else { return }
        throw ObjectError(
            .invalidArgument,
            reason:
                "the notifications \(other.id) and \(rule.id) are for the same events, and a key could pass both filters; "
                + "give one another prefix or suffix")
    }

    /// Which notification an event of a key has; nil if none.
    func rule(for change: ObjectChange, of path: ObjectPath) -> ObjectNotification? {
        all.first { Self.passes(path, $0) && $0.events.contains { $0.change == change } }
    }

    /// Whether anybody wants to know anything of a key.
    func isWatched(_ path: ObjectPath) -> Bool { all.contains { Self.passes(path, $0) } }

    /// Whether anybody wants to know of what is in a directory.
    func mayHold(_ directory: ObjectPath) -> Bool {
        let start = Array(directory.text.utf8) + [UInt8(ascii: "/")]
        return all.contains { start.starts(with: $0.prefix.utf8) || $0.prefix.utf8.starts(with: start) }
    }

    private static func passes(_ path: ObjectPath, _ rule: ObjectNotification) -> Bool {
        let key = path.text.utf8
        return key.starts(with: rule.prefix.utf8) && key.reversed().starts(with: rule.suffix.utf8.reversed())
    }
}
