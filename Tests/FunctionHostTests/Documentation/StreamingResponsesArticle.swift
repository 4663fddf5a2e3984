// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization
import Testing

/// The code of the article *Streaming responses*.
@Suite struct StreamingResponsesArticle {
    @Test func reading() async throws {
        let host = FunctionHost()
        let lines = try host.register("lines") { (count: Int, writer: ResponseWriter<String>, _) in
            for number in 1...count { try await writer.write("line \(number)") }
        }
        let first = try await host.stream(lines, with: 1_000_000) { response in
            var kept: [String] = []
            for try await line in response {
                kept.append(line)
                if kept.count == 3 { break }
            }
            return kept
        }
        // The handler has been cancelled and has ended by now.
        #expect(first == ["line 1", "line 2", "line 3"])
        #expect(host.runningInvocations().isEmpty)
        try await Self.bytes(host)
    }

    private static func bytes(_ host: FunctionHost) async throws {
        let payload = Array("2".utf8)
        let texts = try await host.stream(named: "lines", payload: payload) { response in
            var texts: [String] = []
            for try await chunk in response { texts.append(String(decoding: chunk, as: UTF8.self)) }
            return texts
        }
        #expect(texts == [#""line 1""#, #""line 2""#])
        let whole = try await host.invoke(named: "lines", payload: payload)
        #expect(whole.text == #"["line 1","line 2"]"#)
    }

    @Test func testing() async throws {
        let written = Mutex<[Int]>([])
        let writer = ResponseWriter<Int> { chunk in written.withLock { $0.append(chunk) } }
        try await countdown(from: 3, writer, InvocationContext(functionName: "countdown"))
        #expect(written.withLock { $0 } == [3, 2, 1])
    }

    func countdown(from start: Int, _ writer: ResponseWriter<Int>, _ context: InvocationContext) async throws {
        for number in stride(from: start, to: 0, by: -1) { try await writer.write(number) }
    }
}
