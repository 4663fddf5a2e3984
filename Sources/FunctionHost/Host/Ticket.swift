// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What becomes of somebody who waits.
enum TicketOutcome: Sendable {
    /// It is their turn.
    case granted
    /// They have waited long enough.
    case outOfTime
    /// Their task was cancelled.
    case cancelled
    /// What they wait for will not come.
    case refused(FunctionHostError)
}

/// A place in a queue.
typealias Ticket = OneShot<TicketOutcome>
