// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How a directory is watched.
public struct WatchConfiguration: Sendable {
    /// A file that a scan finds is complete when nothing was written to it for so long. Defaults to 2 seconds; 0 or more.
    ///
    /// One that its writer closes, or that is moved to its place, is complete at once where the system tells of changes.
    public var settlingTime = Duration.seconds(2)
    /// How long after a scan the next begins where the system does not tell of all changes. Defaults to 2 seconds.
    public var pollInterval = Duration.seconds(2)
    /// The same where it does, for what it may have kept to itself. Defaults to 1 minute. Scans that take long are further apart:
    /// they take a twentieth of the time, and half of it where changes were missed.
    public var rescanInterval = Duration.seconds(60)
    /// Whether the system is asked to tell of changes. Defaults to yes; there is nothing to ask but on Linux.
    public var usesSystemNotifications = true
    /// Files and directories whose names begin with one of these are passed over. Defaults to a full stop.
    public var ignoredPrefixes = ["."]
    /// The same by the ends of names. Defaults to what editors and browsers write to first: `~`, `.part`, `.crdownload`, `.tmp`.
    public var ignoredSuffixes = ["~", ".part", ".crdownload", ".tmp"]
    /// Up to how many bytes an object is read for the MD5 in its event. Defaults to 1 MiB; 0 for none but empty ones.
    public var eTagBytes = 1_024 * 1_024
    /// How many files may settle at the same time; others wait for the next scan. Defaults to 10,000.
    public var maximumSettling = 10_000
    /// How many events are handed over at the same time. Defaults to 64.
    public var batchSize = 64

    /// The defaults.
    public init() {}

    /// What is wrong with it; nil if nothing is.
    var fault: String? {
        if settlingTime < .zero { return "settlingTime is \(settlingTime); it must not be negative" }
        if pollInterval <= .zero || rescanInterval <= .zero {
            return "pollInterval and rescanInterval must be more than 0"
        }
        if maximumSettling < 1 || batchSize < 1 { return "maximumSettling and batchSize must be 1 or more" }
        if eTagBytes < 0 { return "eTagBytes is \(eTagBytes); it must not be negative" }
        if ignoredPrefixes.contains("") || ignoredSuffixes.contains("") {
            return "an empty text would ignore every name"
        }
        return nil
    }
}
