// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

/// A rule of admission as a sentence, and the steps that show it; waiters are numbers.
struct AdmissionScenario: CustomTestStringConvertible, Sendable {
    enum Verdict: Sendable { case admitted, waiting, rejected }

    enum Step: Sendable {
        /// A function asks for a permit, with a waiter if it would wait.
        case ask(Int, as: Int? = nil, Verdict)
        case end(Int, grants: Int? = nil)
        case reserve(Int?, for: Int, grants: [Int] = [])
        case withdraw(Int, is: Bool)
        case withdrawAll(of: Int?, are: [Int])
    }

    let sentence: String
    let limit: Int
    let steps: [Step]

    init(_ sentence: String, limit: Int, _ steps: [Step]) {
        self.sentence = sentence
        self.limit = limit
        self.steps = steps
    }

    var testDescription: String { sentence }

    /// The first step that goes another way than it says; nil if none does.
    func fault() -> String? {
        var machine = AdmissionStateMachine<Int>(limit: limit, unreservedMinimum: 0)
        for _ in 0..<4 { machine.addLane() }
        var ids: [Int: WaiterID] = [:]
        for (index, step) in steps.enumerated() {
            if let fault = Self.fault(of: step, in: &machine, &ids) { return "step \(index), \(step): \(fault)" }
            if machine.inFlight > limit { return "step \(index): \(machine.inFlight) in flight" }
        }
        return nil
    }

    private static func fault(
        of step: Step, in machine: inout AdmissionStateMachine<Int>, _ ids: inout [Int: WaiterID]
    ) -> String? {
        switch step {
        case .ask(let lane, let waiter, let expected):
            let verdict: Verdict
            switch machine.acquire(lane, waiter: waiter) {
            case .admitted: verdict = .admitted
            case .rejected: verdict = .rejected
            case .waiting(let id):
                verdict = .waiting
                if let waiter { ids[waiter] = id }
            }
            return verdict == expected ? nil : "is \(verdict)"
        case .end(let lane, let expected):
            let granted = machine.release(lane, held: 1)
            return granted == expected ? nil : "grants \(granted.map(String.init) ?? "nobody")"
        case .reserve(let count, let lane, let expected):
            let granted = machine.reserve(count, for: lane)
            return granted == expected ? nil : "grants \(granted)"
        case .withdraw(let waiter, let expected):
            let withdrawn = ids[waiter].flatMap { machine.withdraw($0) }
            return withdrawn == (expected ? waiter : nil) ? nil : "is \(String(describing: withdrawn))"
        case .withdrawAll(let lane, let expected):
            let withdrawn = machine.withdrawAll(of: lane)
            return withdrawn == expected ? nil : "are \(withdrawn)"
        }
    }
}
