// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization

/// Where one task leaves elements and another one takes them, a few at a time; the first waits where there is no room.
///
/// Neither wait ends by cancellation: what was left is taken, and the one who leaves says when nothing more comes.
final class Handover<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var isOver = false
        var taker: OneShot<Bool>?
        var giver: OneShot<Bool>?
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: How many elements there is room for.
    init(limit: Int) { self.limit = limit }

    /// Leaves an element, once there is room.
    func give(_ element: Element) async {
        while true {
            let (isLeft, taker, wait) = state.withLock { state -> (Bool, OneShot<Bool>?, OneShot<Bool>?) in
                guard state.elements.count < limit else {
                    let ticket = OneShot<Bool>()
                    state.giver = ticket
                    return (false, nil, ticket)
                }
                state.elements.append(element)
                defer { state.taker = nil }
                return (true, state.taker, nil)
            }
            taker?.give(true)
            if isLeft { return }
            _ = await wait?.wait()
        }
    }

    /// Nothing more comes.
    func end() {
        let taker = state.withLock { state in
            state.isOver = true
            defer { state.taker = nil }
            return state.taker
        }
        taker?.give(true)
    }

    /// Takes all that is there, waiting for something to be; nothing once nothing more comes.
    func take() async -> [Element] {
        while true {
            let (elements, giver, wait) = state.withLock { state -> ([Element], OneShot<Bool>?, OneShot<Bool>?) in
                guard state.elements.isEmpty, !state.isOver else {
                    defer { (state.elements, state.giver) = ([], nil) }
                    return (state.elements, state.giver, nil)
                }
                let ticket = OneShot<Bool>()
                state.taker = ticket
                return ([], nil, ticket)
            }
            giver?.give(true)
            guard let wait else { return elements }
            _ = await wait.wait()
        }
    }
}
