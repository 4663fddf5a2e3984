// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What schedules remember, in a store that survives the process, such as one in a file.
public struct StoredScheduleMemory: ScheduleMemory {
    private static let key = "decidedThrough"
    private let store: any ProgressStore

    /// Keeps it there, that of each schedule under its name.
    public init(in store: any ProgressStore) { self.store = store }

    /// Up to which instant everything of a schedule is decided.
    ///
    /// - Throws: What the store throws; ``SourceError`` as `other` if something is kept that is no time.
    public func decidedThrough(of schedule: String) async throws -> Timestamp? {
        guard let text = try await store.progress(of: owner(schedule))[Self.key] else { return nil }
        guard let nanoseconds = Int64(text) else {
            throw SourceError(.other, reason: "“\(text)” is kept for the schedule \(schedule), and is no time")
        }
        return Timestamp(nanoseconds: nanoseconds)
    }

    /// Keeps it.
    public func remember(_ decidedThrough: Timestamp, of schedule: String) async throws {
        try await store.keep("\(decidedThrough.nanoseconds)", for: Self.key, of: owner(schedule))
    }

    private func owner(_ schedule: String) -> String { "schedule \(schedule)" }
}
