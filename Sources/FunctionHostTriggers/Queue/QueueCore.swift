// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// A queue's messages, and the alarm that tells when the next becomes visible.
///
/// The alarm refers to it in turn, until the queue is let go.
final class QueueCore: Sendable {
    let clock: any HostClock
    let subscribers = Subscribers<EverySubscriber>()
    private let machine: Mutex<MessageStateMachine>
    private let alarm = Mutex<(any HostAlarm)?>(nil)

    init(_ machine: MessageStateMachine, clock: any HostClock) {
        self.machine = Mutex(machine)
        self.clock = clock
    }

    func setAlarm() { alarm.withLock { $0 = clock.makeAlarm { self.ring() } } }

    func forgetAlarm() { alarm.withLock { $0 = nil } }

    /// Decides under the lock, then sets the alarm and wakes who waits, also when nothing came of it but that time went on.
    func act<Value: Sendable>(
        _ body: (inout MessageStateMachine, Timestamp) throws(SourceError) -> Value
    ) throws(SourceError) -> Value {
        let now = clock.now
        let (result, hasNews, alarmAt) = machine.withLock { machine in
            let result: Result<Value, SourceError>
            do throws(SourceError) {
                result = .success(try body(&machine, now))
            } catch {
                result = .failure(error)
            }
            return (result, machine.takeNews(), machine.alarmToSet())
        }
        tell(hasNews, alarmAt)
        return try result.get()
    }

    /// Looks at the messages as they are now.
    func look<Value: Sendable>(_ body: (borrowing MessageStateMachine, Timestamp) -> Value) -> Value {
        let now = clock.now
        let (value, hasNews, alarmAt) = machine.withLock { machine in
            machine.advance(to: now)
            return (body(machine, now), machine.takeNews(), machine.alarmToSet())
        }
        tell(hasNews, alarmAt)
        return value
    }

    private func ring() {
        let now = clock.now
        let (hasNews, alarmAt) = machine.withLock { machine in
            machine.alarmRang(now: now)
            return (machine.takeNews(), machine.alarmToSet())
        }
        tell(hasNews, alarmAt)
    }

    private func tell(_ hasNews: Bool, _ alarmAt: Timestamp?) {
        if let alarmAt { alarm.withLock { $0 }?.ring(noLaterThan: alarmAt) }
        if hasNews { subscribers.tell(.all) }
    }
}
