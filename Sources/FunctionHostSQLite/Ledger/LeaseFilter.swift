// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Which events a caller wants to lease, by the numbers that functions have in the file.
struct LeaseFilter {
    enum Functions: Equatable {
        case allBut(Set<Int>)
        case only(Int)
        /// Of a function that has no event.
        case none
    }

    let functions: Functions
    let takesSuspects: Bool
    let onlyExpired: Bool

    func admits(_ function: Int) -> Bool {
        switch functions {
        case .allBut(let others): !others.contains(function)
        case .only(let one): function == one
        case .none: false
        }
    }

    func admits(_ lane: Lane) -> Bool { (takesSuspects || !lane.isSuspect) && admits(lane.function) }

    /// Behind which lane to begin to look.
    var firstPlace: Int {
        if case .only(let function) = functions { Lane.last(of: function - 1) } else { -1 }
    }

    /// Whether it is worth while to look at this function, or at one with a higher number.
    func reaches(_ function: Int) -> Bool {
        if case .only(let one) = functions { function <= one } else { true }
    }
}

extension LeaseRequest {
    /// Whether one claim can serve both.
    func asksForTheSame(as other: Self) -> Bool {
        guard takesSuspects == other.takesSuspects, onlyExpired == other.onlyExpired else { return false }
        switch (functions, other.functions) {
        case (.allBut(let left), .allBut(let right)): return left == right
        case (.only(let left), .only(let right)): return left == right
        default: return false
        }
    }
}

extension Ledger {
    func filter(_ request: LeaseRequest) throws(SQLiteFault) -> LeaseFilter {
        let chosen: LeaseFilter.Functions
        switch request.functions {
        case .only(let name): chosen = try functions.known(name).map { .only($0.number) } ?? .none
        case .allBut(let names):
            var numbers: Set<Int> = []
            for name in names { if let entry = try functions.known(name) { numbers.insert(entry.number) } }
            chosen = .allBut(numbers)
        }
        return LeaseFilter(
            functions: chosen, takesSuspects: request.takesSuspects, onlyExpired: request.onlyExpired)
    }
}
