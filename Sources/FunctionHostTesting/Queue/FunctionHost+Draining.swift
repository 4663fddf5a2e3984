// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// What a test waits for when it drains a queue.
public struct DrainScope: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case everything
        case due
        case event(InvocationID)
    }

    let kind: Kind

    /// Until every event has ended: those that are delayed, or wait for another attempt, too. Dead letters have ended.
    public static let everything = Self(kind: .everything)
    /// Until nothing is being tried, and nothing could be: what waits for a time goes on waiting.
    public static let due = Self(kind: .due)
    /// Until this event has ended.
    public static func event(_ id: InvocationID) -> Self { Self(kind: .event(id)) }
}

extension FunctionHost {
    /// Waits until the queue has come so far; the host must be running.
    ///
    /// In a simulation days of retries pass in milliseconds. Elsewhere they take as long as they take.
    ///
    /// - Throws: `FunctionHostError` as `queueUnavailable`.
    public func drain(_ scope: DrainScope = .everything) async throws {
        switch scope.kind {
        case .everything: try await waitForQueue { try await queueFigures().active == 0 }
        case .due:
            try await waitForQueue {
                let figures = try await queueFigures()
                return figures.ready + figures.leased == 0
            }
        case .event(let id):
            try await waitForQueue {
                switch try await status(of: id)?.state {
                case nil, .dead: true
                case .waiting, .leased: false
                }
            }
        }
    }
}
