// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Where tasks wait until it is opened.
final class WaitingRoom: Sendable {
    private struct State {
        var isOpen = false
        var inside: [UnsafeContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func wait() async {
        await withUnsafeContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.inside.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    /// Returns once so many tasks wait.
    func waitUntil(inside count: Int) async {
        while state.withLock({ $0.inside.count }) < count { try? await Task.sleep(for: .milliseconds(1)) }
    }

    /// Lets everyone go on, those who come later too.
    func open() {
        let all = state.withLock { state in
            state.isOpen = true
            defer { state.inside = [] }
            return state.inside
        }
        for continuation in all { continuation.resume() }
    }
}
