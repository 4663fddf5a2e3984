// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What a ``SequenceFeed`` tells the host's observers, by ``/FunctionHost/HostEvent/service(_:)``.
public struct FeedEvent: ServiceEvent {
    /// What happened; more may come.
    public enum Kind: Sendable {
        /// There was no room, or the sink failed; it is tried again.
        case waits(elements: Int, reason: String)
        /// An element cannot be put: it cannot be encoded, or the sink refuses it for what it is. It is left out.
        case refused(reason: String)
        /// The host shut down before elements could be put that had been taken from the sequence. They are lost.
        case lost(elements: Int, reason: String)
        /// The sequence has ended, by an error if one is given.
        case ended(reason: String?)
    }

    /// The feed's name.
    public let serviceName: String
    /// What happened.
    public let kind: Kind

    /// The name and what happened, in a line.
    public var description: String {
        switch kind {
        case .waits(let count, let reason): "\(serviceName): \(count) elements wait: \(reason)"
        case .refused(let reason): "\(serviceName): an element is left out: \(reason)"
        case .lost(let count, let reason): "\(serviceName): \(count) elements are lost: \(reason)"
        case .ended(let reason): "\(serviceName): the sequence has ended\(reason.map { ": \($0)" } ?? "")"
        }
    }
}
