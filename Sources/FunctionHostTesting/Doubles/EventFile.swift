// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An event in a file of JSON, to feed a function with in a test.
///
/// ```swift
/// let event = try EventFile("Events/order.json")               // beside the test that says so
/// let response = try await host.invoke(named: "checkout", event: event)
/// ```
public struct EventFile: Sendable, Hashable {
    /// What is in the file.
    public let payload: [UInt8]

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: Absolute, or relative to the folder of the source file that says it.
    ///   - source: That source file.
    /// - Throws: ``/FunctionHost/FunctionHostError`` as `systemError` if there is no such file or it cannot be read.
    public init(_ path: String, relativeTo source: String = #filePath) throws(FunctionHostError) {
        var full = path
        if !path.hasPrefix("/"), let slash = source.lastIndex(of: "/") { full = source[...slash] + path }
        guard let file = fopen(full, "rb") else {
            throw FunctionHostError(
                .systemError, reason: "the event file \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        payload = bytes
    }

    /// The event as a value of a handler's own type.
    ///
    /// - Throws: ``/FunctionHost/PayloadFault``, which says where the event is not what the type takes.
    public func decode<Value: Decodable>(
        _ type: Value.Type, by coder: some PayloadCoder = JSONPayloadCoder()
    ) throws -> Value {
        try coder.decode(type, from: payload)
    }
}

extension FunctionHost {
    /// Invokes a function with an event from a file.
    ///
    /// - Throws: As ``/FunctionHost/FunctionHost/invoke(named:payload:options:)``.
    public func invoke(
        named name: String, event: EventFile, options: InvocationOptions? = nil
    ) async throws -> InvocationResponse {
        try await invoke(named: name, payload: event.payload, options: options)
    }
}
