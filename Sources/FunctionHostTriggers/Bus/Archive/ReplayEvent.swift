// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What a bus tells the host's observers of its replays, by ``/FunctionHost/HostEvent/service(_:)``; of its targets it tells as
/// ``DeliveryEvent``.
public struct ReplayEvent: ServiceEvent {
    /// The bus's name.
    public let serviceName: String
    /// The replay, as it has begun or ended.
    public let status: ReplayStatus

    /// Names, state and how many events were told, in a line.
    public var description: String {
        "\(serviceName), replay \(status.request.name): \(status.state.rawValue), \(status.replayed) events"
            + (status.reason.map { ": \($0)" } ?? "")
    }
}
