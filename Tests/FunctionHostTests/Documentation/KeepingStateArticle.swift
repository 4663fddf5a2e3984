// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Synchronization
import Testing

/// The code of the article *Keeping state in execution environments*.
@Suite struct KeepingStateArticle {
    final class Renderer {
        private var glyphs: [Character: Int] = [:]
        func width(of text: String) -> Int { text.reduce(0) { $0 + width(of: $1) } }
        func flush() { glyphs = [:] }

        private func width(of character: Character) -> Int {
            let width = glyphs[character] ?? 1
            glyphs[character] = width
            return width
        }
    }

    @Test func ownState() async throws {
        let host = FunctionHost()
        let width: Function<String, Int> = try host.register(
            "width",
            environment: { _ in Renderer() },
            shutdown: { renderer, _ in renderer.flush() }
        ) { renderer, text, _ in
            renderer.width(of: text)
        }
        #expect(try await host.invoke(width, with: "warm") == 4)
    }

    @Test func sharedState() async throws {
        let host = FunctionHost()
        let fetch: Function<String, String> = try host.register(
            "fetch", sharedBy: 8, environment: { context in Pool(of: context.functionName) }
        ) { pool, address, _ in
            try await pool.get(address)
        }
        #expect(try await host.invoke(fetch, with: "/") == "fetch /")
    }

    @Test func settings() throws {
        var configuration = FunctionConfiguration()
        configuration.initTimeout = .seconds(5)
        configuration.idleTimeout = .seconds(60)
        configuration.provisionedConcurrency = 2
        configuration.reservedConcurrency = 10
        try FunctionHost().register("width", configuration: configuration) { (text: String, _) in text.count }
    }

    @Test func discarding() async throws {
        let host = FunctionHost()
        let query: Function<String, Int> = try host.register(
            "query", environment: { _ in Connection() }
        ) { connection, text, context in
            do {
                return try connection.count(of: text)
            } catch {
                context.discardEnvironment()  // the next invocation opens another connection
                throw error
            }
        }
        await #expect(throws: Connection.Broken.self) { try await host.invoke(query, with: "") }
        #expect(try await host.invoke(query, with: "four") == 4)
    }

    @Test func scratch() async throws {
        let host = FunctionHost()
        let place = try host.register("place") { (_: Void, context) in
            try context.scratchDirectory()
        }
        let first = try await host.invoke(place)
        #expect(try await host.invoke(place) == first)
    }

    struct Pool: Sendable {
        let name: String
        init(of name: String) { self.name = name }
        func get(_ address: String) async throws -> String { "\(name) \(address)" }
    }

    final class Connection {
        struct Broken: Error {}
        func count(of text: String) throws -> Int {
            if text.isEmpty { throw Broken() }
            return text.count
        }
    }
}
