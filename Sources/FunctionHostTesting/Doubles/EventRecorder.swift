// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost
import Synchronization

/// Keeps everything that happens in a host, for a test to look at afterwards.
///
/// ```swift
/// let events = EventRecorder()
/// let host = FunctionHost(observers: [events], system: .simulated)
/// …
/// #expect(events.outcomes(of: "checkout") == [.failed, .succeeded])
/// ```
public final class EventRecorder: HostObserver {
    private let recorded = Mutex<[HostEvent]>([])

    /// Starts with nothing recorded.
    public init() {}

    /// At once, so that a test finds what has happened before its next line.
    public var delivery: ObserverDelivery { .immediate }

    /// Keeps the event.
    public func receive(_ event: HostEvent) { recorded.withLock { $0.append(event) } }

    /// Everything, in order.
    public var events: [HostEvent] { recorded.withLock { $0 } }

    /// The reports of ended attempts, of one function if it is named, in order.
    public func reports(of functionName: String? = nil) -> [InvocationReport] {
        events.compactMap { event in
            guard case .invocationFinished(let report) = event,
                functionName == nil || report.context.functionName == functionName
            else { return nil }
            return report
        }
    }

    /// How attempts ended, of one function if it is named, in order.
    public func outcomes(of functionName: String? = nil) -> [Outcome] { reports(of: functionName).map(\.outcome) }

    /// How many invocations a limit turned away, of one function if it is named.
    public func throttles(of functionName: String? = nil) -> Int {
        events.count { event in
            if case .invocationThrottled(let name, _, _) = event {
                functionName == nil || name == functionName
            } else {
                false
            }
        }
    }

    /// The lines that handlers wrote, in order.
    public var logs: [LogMessage] {
        events.compactMap { if case .logged(let message, _) = $0 { message } else { nil } }
    }

    /// The invocations that were found running after their deadline.
    public var overdue: [InvocationID] {
        events.compactMap { if case .invocationOverdue(let context, _) = $0 { context.id } else { nil } }
    }

    /// Why execution environments ended, of one function if it is named, in order.
    public func environmentEnds(of functionName: String? = nil) -> [EnvironmentEnd] {
        events.compactMap { event in
            guard case .environmentEnded(let report, let reason) = event,
                functionName == nil || report.functionName == functionName
            else { return nil }
            return reason
        }
    }

    /// Forgets everything.
    public func reset() { recorded.withLock { $0 = [] } }
}
