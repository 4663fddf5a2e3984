// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What whoever sends to targets tells the host's observers of them, by ``/FunctionHost/HostEvent/service(_:)``.
public struct DeliveryEvent: ServiceEvent {
    /// What happened; more may come.
    public enum Kind: Sendable, Hashable {
        /// A target did not take something, which is kept and tried again.
        case kept(reason: String)
        /// A target has taken what it did not take before.
        case delivered(retries: Int)
        /// Something is not tried again; a dead-letter queue has it.
        case deadLettered(reason: String)
        /// Something is not tried again, and there is no dead-letter queue: it is a dead letter of the host.
        case givenUp(reason: String)
        /// A dead-letter queue did not take something; it is kept and tried again.
        case deadLetterFailed(reason: String)
    }

    /// The bus, the topic, or whatever else sends.
    public let serviceName: String
    /// The target, by its name in there.
    public let target: String
    /// What happened.
    public let kind: Kind

    /// Names and what happened, in a line.
    public var description: String {
        let what =
            switch kind {
            case .kept(let reason): "kept, to be sent again: \(reason)"
            case .delivered(let retries): "delivered at retry \(retries)"
            case .deadLettered(let reason): "sent to the dead-letter queue: \(reason)"
            case .givenUp(let reason): "given up: \(reason)"
            case .deadLetterFailed(let reason): "not taken by the dead-letter queue: \(reason)"
            }
        return "\(serviceName) to \(target): \(what)"
    }
}
