// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a host shares with everything that runs in it.
///
/// Attempts refer to this and not to the host: deadlines refer to the host weakly, and an object that was ever referred to
/// weakly takes several times as long to retain.
final class Facilities: Sendable {
    let clock: any HostClock
    let timer: DeadlineTimer
    let observers: ObserverHub
    /// How long an attempt may run after its deadline before observers hear of it.
    let overdueGrace: Duration

    init(clock: any HostClock, observers: ObserverHub, overdueGrace: Duration) {
        self.clock = clock
        self.observers = observers
        self.overdueGrace = overdueGrace
        timer = DeadlineTimer(clock: clock)
    }
}
