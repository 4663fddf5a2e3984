// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the system refused.
struct SystemError: Error, CustomStringConvertible {
    let description: String

    init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
}

/// A TCP socket on this machine's loopback address that never blocks a thread.
struct Socket: Sendable {
    let descriptor: Int32
    let poller: Poller

    private init(_ descriptor: Int32, _ poller: Poller) throws {
        guard descriptor >= 0 else { throw SystemError("socket") }
        self.descriptor = descriptor
        self.poller = poller
        try makeNonBlocking(descriptor)
    }

    /// Listens on a port; 0 for any that is free.
    static func listening(on port: UInt16, _ poller: Poller) throws -> Self {
        let made = try Self(stream(), poller)
        var yes: Int32 = 1
        setsockopt(made.descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard withLoopback(port, { bind(made.descriptor, $0, $1) }) == 0, listen(made.descriptor, 128) == 0 else {
            let error = SystemError("port \(port)")
            made.close()
            throw error
        }
        return made
    }

    static func connected(to port: UInt16, _ poller: Poller) async throws -> Self {
        let made = try Self(stream(), poller)
        let code = withLoopback(port, { connect(made.descriptor, $0, $1) })
        guard code == 0 || errno == EINPROGRESS,
            await poller.isReady(made.descriptor, for: .writing, until: .now + .seconds(5))
        else {
            made.close()
            throw SystemError("connect to port \(port)")
        }
        return made
    }

    /// The port it is bound to.
    var port: UInt16 {
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
        }
        return UInt16(bigEndian: address.sin_port)
    }

    /// The next connection; nil if there is none after all.
    func accepted() -> Self? {
        let connection = accept(descriptor, nil, nil)
        // A connection that is gone again, or one too many for the process: either way the next one is waited for.
        return connection >= 0 ? try? Self(connection, poller) : nil
    }

    /// What has arrived; empty at the end, nil if nothing came in time or the connection broke.
    func read(until deadline: ContinuousClock.Instant) async -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        while await poller.isReady(descriptor, for: .reading, until: deadline) {
            let count = recv(descriptor, &bytes, bytes.count, 0)
            if count >= 0 { return Array(bytes[..<count]) }
            guard errno == EAGAIN || errno == EINTR else { return nil }
        }
        return nil
    }

    /// Sends everything; false if it could not in time.
    func write(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            guard await poller.isReady(descriptor, for: .writing, until: deadline) else { return false }
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, 0) }
            if count < 0, errno != EAGAIN, errno != EINTR { return false }
            rest = rest.dropFirst(max(0, count))
        }
        return true
    }

    /// Says that nothing more will be sent.
    func endWriting() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() { poller.close(descriptor) }

    private static func stream() -> Int32 {
        #if canImport(Glibc)
            socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            socket(AF_INET, SOCK_STREAM, 0)
        #endif
    }

    private static func withLoopback(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, size) }
        }
    }
}

/// Outside of any type, where `close` is the system's.
func closeDescriptor(_ descriptor: Int32) { close(descriptor) }

func makeNonBlocking(_ descriptor: Int32) throws {
    guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0, fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 else {
        let error = SystemError("fcntl")
        closeDescriptor(descriptor)
        throw error
    }
}

func makePipe() throws -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw SystemError("pipe") }
    for end in ends { try makeNonBlocking(end) }
    return (ends[0], ends[1])
}
