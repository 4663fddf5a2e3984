// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// A schedule that fires a function, for as long as a host runs.
///
/// Made by `schedule` of the host. Each firing is an event in the host's queue, with the firing's id as its idempotency key: hosts that
/// share a queue fire once, and so does a host that is started again.
public final class ScheduledFunction: HostService {
    /// When it fires.
    public let schedule: Schedule
    /// The function's name.
    public let functionName: String
    private let input: [UInt8]?
    private let configuration: ScheduleStateMachine.Configuration
    private let memory: any ScheduleMemory

    init(
        _ schedule: Schedule, _ functionName: String, _ input: [UInt8]?,
        _ configuration: ScheduleStateMachine.Configuration, _ memory: any ScheduleMemory
    ) {
        self.schedule = schedule
        self.functionName = functionName
        self.input = input
        self.configuration = configuration
        self.memory = memory
    }

    /// The schedule's name.
    public var name: String { schedule.name }

    /// The next planned instants, at most so many, strictly after a time.
    public func firings(after time: Timestamp, count: Int) -> [ScheduleFiring] {
        var firings: [ScheduleFiring] = []
        var time = time
        while firings.count < count, let planned = schedule.next(after: time) {
            firings.append(schedule.firing(at: planned))
            time = planned
        }
        return firings
    }

    // MARK: - Working

    /// Fires until the host shuts down, or nothing is planned any more.
    public func run(on host: FunctionHost) async {
        guard var machine = await begin(host) else { return }
        while true {
            var looked = machine
            let wall = host.wallTime
            let look = looked.looked(at: wall)
            if look.wasSetBack { tell(.clockSetBack(to: wall), host) }
            if let skipped = look.skipped { tell(.skipped(skipped), host) }
            for firing in look.firings {
                // What could not be handed over is not decided: whoever goes on fires it.
                guard await fire(firing, host) else { return }
            }
            machine = looked
            if !look.firings.isEmpty || look.skipped != nil || look.wasSetBack { await remember(machine, host) }
            guard let again = look.lookAgain else { return }
            // At the instant and not before it, though the wait be counted in another clock; no longer than is allowed, though
            // the calendar was set back since the look.
            let longest = max(.seconds(1), configuration.longestWait)
            let pause = max(.milliseconds(1), min(longest, host.wallTime.duration(to: again)))
            guard await host.sleepUnlessShutDown(for: pause) else { return }
        }
    }

    /// Goes on where it was, once that is known; nil if the host shuts down before.
    private func begin(_ host: FunctionHost) async -> ScheduleStateMachine? {
        while true {
            do {
                let decided = try await memory.decidedThrough(of: name)
                return ScheduleStateMachine(schedule: schedule, configuration: configuration, decidedThrough: decided)
            } catch {
                tell(.memoryFailed(reason: "\(error)"), host)
                guard await host.sleepUnlessShutDown(for: .seconds(1)) else { return nil }
            }
        }
    }

    private func remember(_ machine: ScheduleStateMachine, _ host: FunctionHost) async {
        do {
            try await memory.remember(machine.decidedThrough, of: name)
        } catch {
            // At worst a firing is handed over again, and told by its key.
            tell(.memoryFailed(reason: "\(error)"), host)
        }
    }

    /// Hands a firing over to the queue.
    ///
    /// - Returns: false if the host shuts down before that is possible.
    private func fire(_ firing: ScheduleFiring, _ host: FunctionHost) async -> Bool {
        var options = EnqueueOptions()
        options.idempotencyKey = firing.id
        options.deduplication = .within(.seconds(86_400))
        options.runAt = firing.notBefore
        let payload = input ?? ScheduledEvent(firing, id: host.nextID()).json
        while true {
            do {
                try await host.enqueue(named: functionName, payload: payload, options: options)
                tell(.fired(firing), host)
                return true
            } catch {
                let code = (error as? FunctionHostError)?.code
                if Task.isCancelled || code == .shuttingDown { return false }
                tell(.notFired(firing, reason: "\(error)"), host)
                // What the host refuses for another reason it would refuse again; a store's own error may pass.
                guard code == nil || code == .queueFull || code == .queueUnavailable else { return true }
                guard await host.sleepUnlessShutDown(for: .seconds(1)) else { return false }
            }
        }
    }

    private func tell(_ kind: ScheduleEvent.Kind, _ host: FunctionHost) {
        host.tell(ScheduleEvent(serviceName: name, kind: kind))
    }
}
