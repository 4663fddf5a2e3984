// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Ready events that go one after another in the order in which they are due.
///
/// A lane has the events of one function and one priority; those that a process died of have lanes of their own, and so have
/// those that are not too old a fixed time after they are due, as a function's events are as a rule. In a lane where the rule
/// holds the order of the due times is that of the ages: nothing more is needed to find what is too old. The others have an
/// index for that.
struct Lane: Hashable {
    var number: Int

    init(number: Int) { self.number = number }

    init(function: Int, priority: EventPriority, isAgedByRule: Bool) {
        number = function << 5 | (isAgedByRule ? 0 : 16) | (2 - priority.level)
    }

    var function: Int { number >> 5 }
    var isSuspect: Bool { number & 8 != 0 }
    var priority: EventPriority { EventPriority(clamping: 2 - (number & 7)) }

    var isAgedByRule: Bool {
        get { number & 16 == 0 }
        set { number = newValue ? number & ~16 : number | 16 }
    }

    /// The last number that a lane of the function could have.
    static func last(of function: Int) -> Int { function << 5 | 31 }

    /// The last number of the lanes that differ from this one by priority only.
    var lastOfSamePast: Int { number | 7 }
}

/// How a function is known in the file.
struct FunctionEntry {
    let number: Int
    /// How long after they are due its events are too old, as a rule: as the first one was. Negative if there is no rule:
    /// that one was too old before it was due.
    let age: Int64

    /// Whether the rule holds for an event.
    func rules(due: Timestamp, expires: Timestamp) -> Bool { age >= 0 && due.age(until: expires) == age }
}

extension Timestamp {
    /// Nanoseconds from here to there; held to what can be told.
    func age(until other: Self) -> Int64 {
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return overflow ? .max : difference
    }
}
