// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Holds an environment's state, which need not be `Sendable`, and lends it to one handler at a time.
///
/// `@unchecked Sendable`: `value` arrives as `sending`, so nobody else holds a part of it. It is touched by a handler and by
/// the shutdown closure only. The pool lends an environment whose box this is to one invocation at a time
/// (``EnvironmentPoolStateMachine`` with a concurrency of 1, held by its tests), and shuts an environment down only when
/// nothing runs in it; the lock under which the pool decides orders one borrower after the other.
package final class StateBox<State>: @unchecked Sendable {
    package var value: State

    package init(_ value: sending State) { self.value = value }
}
