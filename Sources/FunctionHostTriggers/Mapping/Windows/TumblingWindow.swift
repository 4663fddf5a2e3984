// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// A span of time whose records are reckoned together, by when they arrived. Windows of one length neither overlap nor leave
/// anything out.
///
/// Source: AWS Lambda Developer Guide, *Using Lambda with Kinesis*, tumbling windows.
public struct TumblingWindow: Sendable, Hashable {
    /// Its first moment.
    public let start: Timestamp
    /// The first moment after it.
    public let end: Timestamp

    /// The window between two times.
    public init(start: Timestamp, end: Timestamp) {
        self.start = start
        self.end = end
    }

    /// The window that a time is in; counted from the beginning of 1970.
    ///
    /// - Parameters:
    ///   - length: Of each window; more than zero.
    ///   - time: In the window.
    public init(of length: Duration, around time: Timestamp) {
        let length = max(1, length.wholeNanoseconds)
        let rest = time.nanoseconds % length
        // The first and the last window that there are may be shorter: times have an end.
        let start = time.advanced(byNanoseconds: rest < 0 ? -rest - length : -rest)
        self.init(start: start, end: start.advanced(byNanoseconds: length))
    }
}

/// A window some of whose records have been given to the function, and what the function made of them.
public struct OpenWindow: Sendable, Hashable {
    /// How large the state of a window may become before it is ended early: 1 MB, as in Lambda.
    public static let stateLimit = 1_048_576

    /// Which one it is.
    public let window: TumblingWindow
    /// What the function answered last, encoded by the host's coder; nil before its first answer.
    public var state: [UInt8]?

    /// Describes an open window.
    public init(_ window: TumblingWindow, state: [UInt8]? = nil) {
        self.window = window
        self.state = state
    }
}

/// What a batch's run is told of its window.
struct WindowTurn: Sendable, Hashable {
    let window: TumblingWindow
    let state: [UInt8]?
    /// Whether the window is over; there are no records then.
    let isFinal: Bool
    /// Whether it is over before its time.
    let isTerminatedEarly: Bool
}
