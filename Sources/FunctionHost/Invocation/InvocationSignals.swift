// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// How far an invocation has come, in the handler's own words.
public struct Progress: Sendable, Hashable {
    /// From 0 to 1, if the handler keeps to it.
    public let fraction: Double
    /// What is being done.
    public let message: String

    /// Makes a report of progress.
    public init(fraction: Double, message: String = "") {
        self.fraction = fraction
        self.message = message
    }
}

/// How much a log message matters; the levels of swift-log.
public enum LogLevel: String, Sendable, Hashable, CaseIterable, Comparable {
    /// Each step.
    case trace
    /// For somebody who looks for a fault.
    case debug
    /// Worth knowing.
    case info
    /// Unusual, not wrong.
    case notice
    /// Wrong, and handled.
    case warning
    /// Wrong.
    case error
    /// Somebody must act now.
    case critical

    /// Whether one level matters less than another.
    public static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .trace: 0
        case .debug: 1
        case .info: 2
        case .notice: 3
        case .warning: 4
        case .error: 5
        case .critical: 6
        }
    }
}

/// A line from a handler.
public struct LogMessage: Sendable, Hashable {
    /// How much it matters.
    public let level: LogLevel
    /// What happened: text that does not vary.
    public let text: String
    /// What varies.
    public let metadata: [String: String]

    /// Makes a message.
    public init(level: LogLevel, text: String, metadata: [String: String] = [:]) {
        self.level = level
        self.text = text
        self.metadata = metadata
    }
}
