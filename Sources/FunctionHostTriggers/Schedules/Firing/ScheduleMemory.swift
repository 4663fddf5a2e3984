// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// Where schedules keep up to which instant everything is fired or skipped, so that they go on there.
public protocol ScheduleMemory: Sendable {
    /// Up to which instant everything of a schedule is decided; nil if it has never fired.
    func decidedThrough(of schedule: String) async throws -> Timestamp?

    /// Keeps it; safe when this returns.
    func remember(_ decidedThrough: Timestamp, of schedule: String) async throws
}

/// Keeps it for as long as the process lives.
public final class InMemoryScheduleMemory: ScheduleMemory {
    private let all = Mutex<[String: Timestamp]>([:])

    /// Starts empty.
    public init() {}

    /// Up to which instant everything of a schedule is decided.
    public func decidedThrough(of schedule: String) async throws -> Timestamp? { all.withLock { $0[schedule] } }

    /// Keeps it.
    public func remember(_ decidedThrough: Timestamp, of schedule: String) async throws {
        all.withLock { $0[schedule] = decidedThrough }
    }
}
