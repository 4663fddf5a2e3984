// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What serves a context made by hand: it keeps the progress and hears no logs.
final class StandaloneServices: InvocationServices {
    let clock: any HostClock
    private let progress = Mutex<Progress?>(nil)

    init(clock: any HostClock) { self.clock = clock }

    var hearsLogs: Bool { false }
    var latestProgress: Progress? { progress.withLock { $0 } }
    func log(_ message: LogMessage, from context: InvocationContext) {}
    func report(_ new: Progress, of context: InvocationContext) { progress.withLock { $0 = new } }
}
