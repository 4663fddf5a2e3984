// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// Sends requests to the server it runs in, tells it to stop while one is under way, and checks every status.
struct SelfTest: Sendable {
    let host: FunctionHost
    let port: UInt16
    let poller: Poller

    func run() async throws {
        try await expect(200, "greet", #"{"name": "Ada"}"#)
        try await expect(500, "greet", #"{"name": ""}"#)
        try await expect(400, "greet", #"{"name": 7}"#)
        try await expect(404, "nobody", "{}")
        try await expect(413, "greet", String(repeating: " ", count: 70_000), shown: "(70,000 bytes)")
        try await expect(504, "nap", #"{"milliseconds": 60000}"#)
        try await threeAtOnce()
        try await stopWhileOneRuns()
    }

    /// There is room for two.
    private func threeAtOnce() async throws {
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 1...3 { group.addTask { try await post("nap", #"{"milliseconds": 200}"#).status } }
            return try await group.reduce(into: []) { $0.append($1) }.sorted()
        }
        say("  POST /functions/nap      three at once                \(statuses)")
        guard statuses == [200, 200, 429] else { throw Surprise(expected: "200, 200, 429", got: "\(statuses)") }
    }

    private func stopWhileOneRuns() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await expect(200, "nap", #"{"milliseconds": 300}"#) }
            try await wait { !host.runningInvocations().isEmpty }
            sendTerminationToMyself()
            try await wait { host.phase == .draining }
            try await expect(503, "greet", #"{"name": "Grace"}"#)
            try await group.waitForAll()
        }
    }

    private func wait(until isTrue: () -> Bool) async throws {
        for _ in 0..<500 {
            if isTrue() { return }
            try await Task.sleep(for: .milliseconds(2))
        }
        throw Surprise(expected: "something within a second", got: "nothing")
    }

    private func expect(_ status: Int, _ name: String, _ body: String, shown: String? = nil) async throws {
        let answer = try await post(name, body)
        say("  POST /functions/\(name.padded(8)) \((shown ?? body).padded(28)) \(answer.status)  \(answer.body)")
        guard answer.status == status else { throw Surprise(expected: "\(status)", got: "\(answer.status)") }
    }

    private func post(_ name: String, _ body: String) async throws -> (status: Int, body: String) {
        let socket = try await Socket.connected(to: port, poller)
        defer { socket.close() }
        let head = "POST /functions/\(name) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
        let end = ContinuousClock.now + .seconds(5)
        guard await socket.write(Array((head + body).utf8), until: end) else {
            throw Surprise(expected: "a server that reads", got: "none")
        }
        var bytes: [UInt8] = []
        while let more = await socket.read(until: end), !more.isEmpty { bytes += more }
        let text = String(decoding: bytes, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let status = Int(words[1]), let gap = text.firstRange(of: "\r\n\r\n") else {
            throw Surprise(expected: "a response", got: "\(bytes.count) bytes")
        }
        return (status, String(text[gap.upperBound...]))
    }
}

/// Something else happened than the self-test expects.
struct Surprise: Error, CustomStringConvertible {
    let expected: String
    let got: String

    var description: String { "expected \(expected), got \(got)" }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
