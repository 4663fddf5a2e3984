// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What a schedule tells the host's observers, by ``/FunctionHost/HostEvent/service(_:)``.
public struct ScheduleEvent: ServiceEvent {
    /// What happened; more may come.
    public enum Kind: Sendable {
        /// A firing is in the queue.
        case fired(ScheduleFiring)
        /// A firing could not be put into the queue. Where that may pass it is tried again.
        case notFired(ScheduleFiring, reason: String)
        /// Firings were missed, and do not happen: those from the one planned instant to the other.
        case skipped(ClosedRange<Timestamp>)
        /// The calendar's clock was set back by more than the grace.
        case clockSetBack(to: Timestamp)
        /// How far the schedule has come could not be read or kept.
        case memoryFailed(reason: String)
    }

    /// The schedule's name.
    public let serviceName: String
    /// What happened.
    public let kind: Kind

    /// The name and what happened, in a line.
    public var description: String {
        switch kind {
        case .fired(let firing): "fired \(firing.id)"
        case .notFired(let firing, let reason): "did not fire \(firing.id): \(reason)"
        case .skipped(let range): "\(serviceName): skipped \(range.lowerBound.iso8601) to \(range.upperBound.iso8601)"
        case .clockSetBack(let time): "\(serviceName): the clock was set back to \(time.iso8601)"
        case .memoryFailed(let reason): "\(serviceName): what has fired was not read or kept: \(reason)"
        }
    }
}
