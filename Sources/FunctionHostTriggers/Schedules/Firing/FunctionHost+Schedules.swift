// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

extension FunctionHost {
    /// Has a function invoked by a schedule, for as long as the host runs: asynchronously, by way of the queue.
    ///
    /// - Parameters:
    ///   - schedule: When; its name, of 1 to 64 characters of A-Z a-z 0-9 _ - and full stop, is half of each firing's key.
    ///   - name: The function's name.
    ///   - input: What it is given, as JSON; the event that EventBridge sends for a schedule unless something else is.
    ///   - configuration: What becomes of firings that were missed.
    ///   - memory: Where it keeps how far it has come; with what a process forgets, nothing is caught up with that was missed
    ///     between two processes.
    /// - Returns: What tells the next firings.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `invalidConfiguration`, `shuttingDown`, or `alreadyRegistered` if there
    ///   is a schedule of this name.
    @discardableResult
    public func schedule(
        _ schedule: Schedule, functionNamed name: String, input: [UInt8]? = nil,
        configuration: ScheduleStateMachine.Configuration = .init(),
        memory: any ScheduleMemory = InMemoryScheduleMemory()
    ) throws(FunctionHostError) -> ScheduledFunction {
        let isName = schedule.name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isName, (1...64).contains(schedule.name.utf8.count) else {
            throw FunctionHostError(
                .invalidConfiguration, functionName: name,
                reason:
                    "a schedule's name has 1 to 64 of A-Z a-z 0-9 _ - . and \(JSONText.quoted(schedule.name)) has not")
        }
        let scheduled = ScheduledFunction(schedule, name, input, configuration, memory)
        try attach(scheduled, isUnique: true)
        return scheduled
    }
}
