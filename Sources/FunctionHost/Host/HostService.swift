// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Something that works for as long as a host runs, in the task group of its ``FunctionHost/run()``: a poller, a schedule.
///
/// Attached by ``FunctionHost/attach(_:)``; <doc:RunningAndShuttingDown> shows one.
public protocol HostService: Sendable {
    /// What it is called where somebody looks: in a drain's report, in the names of tasks.
    var name: String { get }

    /// Works until a shutdown begins, and then brings what it has begun to an end.
    ///
    /// Its task is cancelled when the shutdown cancels handlers, and when the task that runs the host is. One that returns
    /// earlier has ended; it is not begun again.
    ///
    /// - Parameter host: The host it was attached to, which runs for as long as this does.
    func run(on host: FunctionHost) async
}
