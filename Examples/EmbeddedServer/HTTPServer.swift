// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A small HTTP/1.1 server on the loopback address: one request a connection, nothing unbounded.
struct HTTPServer: Sendable {
    private static let connectionLimit = 64
    private static let headLimit = 16 * 1_024
    /// How long a request may take to come, and a response to be taken.
    private static let patience: Duration = .seconds(5)

    private let listener: Socket
    /// What a body may have at most, in bytes; it is held in memory.
    private let bodyLimit: Int

    /// Binds the port, so that it is known and others can connect; 0 for any that is free.
    init(port: UInt16, bodyLimit: Int, poller: Poller) throws {
        listener = try Socket.listening(on: port, poller)
        self.bodyLimit = bodyLimit
    }

    var port: UInt16 { listener.port }

    /// Accepts connections until it is stopped, and returns when the last of them has its response.
    func run(_ respond: @escaping @Sendable (HTTPRequest) async -> HTTPResponse) async {
        await withTaskGroup(of: Void.self) { connections in
            var count = 0
            while await listener.poller.isReady(listener.descriptor, for: .reading) {
                guard let connection = listener.accepted() else {
                    // Gone again, or one too many for the process, which would come back at once. A cancelled sleep may throw.
                    try? await Task.sleep(for: .milliseconds(10))
                    continue
                }
                // The others wait in the kernel's backlog.
                if count >= Self.connectionLimit { await connections.next() }
                count += 1
                connections.addTask { await serve(connection, respond) }
            }
        }
        listener.close()
    }

    /// Accepts nothing more.
    func stop() { listener.poller.withdraw(listener.descriptor) }

    private func serve(_ connection: Socket, _ respond: (HTTPRequest) async -> HTTPResponse) async {
        defer { connection.close() }
        let response: HTTPResponse
        switch await request(from: connection) {
        case .request(let request): response = await respond(request)
        case .refused(let refusal): response = refusal
        case .gone: return
        }
        guard await connection.write(response.bytes, until: .now + Self.patience) else { return }
        // Closing with bytes unread would reset the connection, and the client might lose the response.
        connection.endWriting()
        let end = ContinuousClock.now + .seconds(1)
        while let bytes = await connection.read(until: end), !bytes.isEmpty {}
    }

    private enum Reading {
        case request(HTTPRequest)
        case refused(HTTPResponse)
        case gone
    }

    private func request(from connection: Socket) async -> Reading {
        let end = ContinuousClock.now + Self.patience
        var bytes: [UInt8] = []
        while true {
            if let gap = bytes.firstRange(of: Array("\r\n\r\n".utf8)) {
                guard let head = HTTPHead(bytes[..<gap.lowerBound]) else {
                    return .refused(.text(400, "That is no HTTP."))
                }
                return await body(after: head, begun: bytes[gap.upperBound...], from: connection, until: end)
            }
            if bytes.count > Self.headLimit { return .refused(.text(431, "The head is over 16 KiB.")) }
            guard let more = await connection.read(until: end) else {
                return .refused(.text(408, "The request did not come in time."))
            }
            if more.isEmpty { return .gone }
            bytes += more
        }
    }

    private func body(
        after head: HTTPHead, begun: ArraySlice<UInt8>, from connection: Socket, until end: ContinuousClock.Instant
    ) async -> Reading {
        guard let length = head.bodyLength else {
            return .refused(.text(411, "A body needs one Content-Length, in digits."))
        }
        guard length <= bodyLimit else { return .refused(.text(413, "A body has \(bodyLimit) bytes at most.")) }
        var body = Array(begun)
        while body.count < length {
            guard let more = await connection.read(until: end) else {
                return .refused(.text(408, "The body did not come in time."))
            }
            if more.isEmpty { return .gone }
            body += more
        }
        return .request(HTTPRequest(method: head.method, path: head.path, body: Array(body.prefix(length))))
    }
}
