// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTriggers
import Synchronization

/// Who is told of what comes into a queue, by all that use it through one store.
final class QueueHub: Sendable {
    let subscribers = Subscribers<EverySubscriber>()

    func tell() { subscribers.tell(.all) }
}

/// Rings when a message becomes visible that was not.
///
/// The alarm refers to the hub, and to nothing that refers to the alarm.
final class QueueBell: Sendable {
    private let clock: any HostClock
    private let alarm: any HostAlarm

    init(clock: any HostClock, hub: QueueHub) {
        self.clock = clock
        alarm = clock.makeAlarm { hub.tell() }
    }

    /// Rings once the calendar says so, if nobody sets it meanwhile.
    func ring(at due: Timestamp) {
        alarm.ring(noLaterThan: clock.now.advanced(by: max(.zero, clock.wallTime.duration(to: due))))
    }
}
