// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How an attempt ended.
public enum Outcome: String, Sendable, Hashable, CaseIterable {
    /// The handler returned in time.
    case succeeded
    /// The handler threw, or its payload could not be decoded or encoded.
    case failed
    /// The deadline passed first, whatever the handler did afterwards.
    case timedOut
    /// The caller cancelled, and the handler threw.
    case cancelled
    /// The host's shutdown cut it off: neither the caller's nor the handler's doing.
    case interrupted
    /// The execution environment could not be made.
    case initFailed
}
