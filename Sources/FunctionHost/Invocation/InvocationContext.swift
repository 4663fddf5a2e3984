// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a handler is told about its invocation, and what it can tell the host.
///
/// One word wide: passing it costs a reference. For a unit test one is made by hand in a line:
///
/// ```swift
/// let context = InvocationContext(functionName: "greet")
/// ```
public struct InvocationContext: Sendable {
    package private(set) var storage: InvocationStorage

    package init(storage: InvocationStorage) { self.storage = storage }

    /// Makes a context that belongs to no host, for a unit test of a handler.
    ///
    /// - Parameters:
    ///   - functionName: The name the handler sees.
    ///   - timeout: How far away ``deadline`` is.
    ///   - attempt: Which attempt it is; 1 is the first.
    ///   - variables: The function's variables.
    ///   - clientContext: What the caller would have sent along.
    ///   - traceHeader: The trace the invocation would belong to.
    ///   - clock: Where ``now`` and ``sleep(for:)`` take their time from.
    ///   - id: The invocation's id.
    public init(
        functionName: String,
        timeout: Duration = .seconds(3),
        attempt: Int = 1,
        variables: [String: String] = [:],
        clientContext: ClientContext? = nil,
        traceHeader: String? = nil,
        clock: any HostClock = SystemClock(),
        id: InvocationID = InvocationID(high: 0, low: 0)
    ) {
        var configuration = FunctionConfiguration(timeout: timeout)
        configuration.variables = variables
        let identity = FunctionIdentity(name: functionName)
        var details: CallerDetails?
        if clientContext != nil || traceHeader != nil {
            details = CallerDetails(alias: nil, clientContext: clientContext, traceHeader: traceHeader)
        }
        let now = clock.now
        storage = DetachedStorage(id: id, details: details, services: StandaloneServices(clock: clock))
        storage.settle(
            FunctionSnapshot(identity: identity, configuration: configuration),
            Environment(id: EnvironmentID(1), function: identity), startedAt: now,
            deadline: now.advanced(by: timeout), attempt: attempt, isColdStart: true)
    }

    // MARK: - The invocation

    /// The invocation's id; all attempts share it.
    public var id: InvocationID { storage.id }
    /// The function's name.
    public var functionName: String { storage.snapshot.identity.name }
    /// The version that runs.
    public var version: Qualifier { storage.snapshot.identity.version }
    /// The alias the function was called through; nil if by version or by name alone.
    public var alias: String? { storage.details?.alias }
    /// The function's memory class, in MiB.
    public var memorySize: Int { storage.snapshot.configuration.memorySize }
    /// Which attempt it is; 1 is the first.
    public var attempt: Int { storage.attempt }
    /// When this attempt began.
    public var startedAt: Timestamp { storage.startedAt }
    /// When this attempt must have ended: the function's timeout or the caller's deadline, whichever is earlier.
    public var deadline: Timestamp { storage.deadline }
    /// The time that is left; never negative.
    public var remainingTime: Duration { max(.zero, now.duration(to: deadline)) }
    /// Whether the execution environment was made for this invocation.
    public var isColdStart: Bool { storage.isColdStart }
    /// The execution environment it runs in.
    public var environmentID: EnvironmentID { storage.environment.id }
    /// The function's variables; never the process's own environment.
    public var variables: [String: String] { storage.snapshot.configuration.variables }
    /// What the caller sent along.
    public var clientContext: ClientContext? { storage.details?.clientContext }
    /// The trace it belongs to, as it came: an X-Ray header or a W3C `traceparent`.
    public var traceHeader: String? { storage.details?.traceHeader }

    // MARK: - Time and chance

    /// The host's time, which is virtual in a simulation.
    public var now: Timestamp { storage.services.clock.now }

    /// Sleeps by the host's clock; wakes with `CancellationError` at the deadline.
    public func sleep(for duration: Duration) async throws {
        let clock = storage.services.clock
        try await clock.sleep(until: clock.now.advanced(by: duration), tolerance: nil)
    }

    /// A generator of random numbers that are the same for the same invocation id, and so for the same seed of the host.
    public func makeRandomNumberGenerator() -> SplitMix64 {
        SplitMix64(seed: id.high ^ SplitMix64.mix(id.low ^ UInt64(bitPattern: Int64(attempt))))
    }

    // MARK: - Telling the host

    /// The path of a directory that lives as long as the execution environment, made when first asked for.
    ///
    /// - Throws: ``FunctionHostError`` as `systemError` if it cannot be made.
    public func scratchDirectory() throws(FunctionHostError) -> String { try storage.environment.scratchPath() }

    /// Lets the execution environment end with this invocation, so that the next one starts cold.
    public func discardEnvironment() { storage.environment.discard() }

    /// Tells the observers how far the work has come; only the latest report is kept.
    public func reportProgress(_ fraction: Double, _ message: String = "") {
        storage.services.report(Progress(fraction: fraction, message: message), of: self)
    }

    /// The latest progress reported.
    public var progress: Progress? { storage.services.latestProgress }

    /// Sends a line to the observers: static text, with what varies in the metadata.
    public func log(
        _ message: @autoclosure () -> String, level: LogLevel = .info, metadata: [String: String] = [:]
    ) {
        guard storage.services.hearsLogs else { return }
        storage.services.log(LogMessage(level: level, text: message(), metadata: metadata), from: self)
    }

    // MARK: - Values of adapters

    /// What an adapter or a middleware has hung on this context, by the key's type.
    ///
    /// Setting changes this copy of the context only, so a middleware passes the changed one on.
    public subscript<Key: InvocationContextKey>(key: Key.Type) -> Key.Value? {
        get { storage.values[ObjectIdentifier(key)] as? Key.Value }
        set { storage = storage.setting(newValue, for: ObjectIdentifier(key)) }
    }
}

/// Names a value that an adapter or a middleware hangs on a context.
public protocol InvocationContextKey {
    /// What is hung there.
    associatedtype Value: Sendable
}

extension InvocationContext {
    /// The function's identity, by reference: the quickest key there is.
    package var identity: FunctionIdentity { storage.snapshot.identity }
}
