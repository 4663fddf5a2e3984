// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggers
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
/// Keys and trees made by somebody who wants to get out.
@Suite struct HostilePathTests {
    /// 500 keys: ways up, links to the outside, encodings of both, and what is nearly one of them. None leads out of the
    /// playground, whatever a store does with it.
    private func keys(_ playground: Playground) -> [String] {
        let steps = [
            "..", ".", "", "out", "deep", "in", "secret", "loop", "outside", "%2e%2e", "..\\", "\u{2024}\u{2024}",
            "..\0", "a",
        ]
        var keys: [String] = []
        var random = SplitMix64(seed: 7)
        for depth in 1...6 {
            keys.append(Array(repeating: "..", count: depth).joined(separator: "/") + "/outside/secret")
            keys.append("in/" + Array(repeating: "..", count: depth).joined(separator: "/") + "/outside/secret")
        }
        keys += [playground.outside + "/secret", "/" + playground.outside + "/secret", playground.outside]
        keys += [
            "out", "out/", "out/secret", "out/deep/secret", "file", "file/x", "loop/loop/loop", "up/outside/secret",
        ]
        keys += [
            "self/self/in/../../outside/secret", "self/in/file", "in/out/secret", "in/out/deep/new", "hole", "hole/x",
        ]
        while keys.count < 500 {
            keys.append(
                (0..<(1 + random.below(5))).map { _ in steps[random.below(steps.count)] }.joined(separator: "/"))
        }
        return keys
    }

    private func playground() -> Playground {
        let playground = Playground()
        playground.makeDirectory("in")
        playground.drop("inside", at: "in/file")
        for (name, target) in [
            ("out", playground.outside), ("in/out", "../../outside"), ("file", playground.outside + "/secret"),
            ("loop", "loop"),
            ("self", "."), ("up", ".."), ("hole", playground.outside + "/new"),
            ("deep", "../outside/deep"), ("secret", "../outside/secret"), ("in/secret", playground.outside + "/secret"),
        ] { playground.link(name, to: target) }
        return playground
    }

    @Test("Of 500 hostile keys none reads a byte from outside, and none leaves a trace there")
    func keysOutside() async throws {
        let playground = playground()
        let keys = keys(playground)
        #expect(keys.count == 500)
        let store = try playground.store()
        var refused = 0
        for key in keys {
            if let found = try? await store.get(key) {
                #expect(["inside", "mine"].contains(found.text), "\(key) reads \(found.text)")
            }
            _ = try? await store.head(key).map { #expect($0.size <= 6) }
            do {
                try await store.put(Array("mine".utf8), as: key)
                #expect(try await store.get(key).text == "mine")
                try await store.move(key, to: key)
            } catch {
                #expect([.invalidKey, .notAnObject, .conflict].contains(error.code), "\(key): \(error)")
                refused += 1
            }
            _ = try? await store.delete(key)
            #expect(playground.isUntouched, "\(key) left something outside")
        }
        #expect(refused > 300)
    }

    @Test(
        "The system's own links lead nowhere either",
        arguments: ["proc/root/etc/passwd", "proc/cwd", "fd/0", "abs", "zero"])
    func systemLinks(key: String) async throws {
        let playground = Playground()
        for (name, target) in [
            ("proc", "/proc/self"), ("fd", "/proc/self/fd"), ("abs", "/etc/passwd"), ("zero", "/dev/zero"),
        ] { playground.link(name, to: target) }
        let store = try playground.store()
        let error = await #expect(throws: ObjectError.self) { try await store.get(key) }
        #expect(error?.code == .notAnObject)
        #expect(try await store.head(key) == nil)
        #expect(try await store.list().objects.isEmpty)
    }

    @Test("A listing tells of what is inside only, and a link leads nowhere")
    func listing() async throws {
        let playground = playground()
        let store = try playground.store()
        #expect(try await store.list().objects.map(\.key) == ["in/file"])
        for prefix in ["out/", "..", "../", "up/", "self/", "in/out/"] {
            let listing = try await store.list(prefix: prefix)
            #expect(listing == ObjectListing(), "\(prefix)")
        }
    }

    @Test("Pipes, sockets, devices and files with several names are no objects, and nobody waits for them")
    func strangeFiles() async throws {
        let playground = Playground()
        #expect(mkfifo(playground.root + "/pipe", 0o644) == 0)
        let socketFile = socket(AF_UNIX, Int32(streamSocket), 0)
        defer { close(socketFile) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let socketPath = playground.root + "/socket"
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8.prefix(100)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socketFile, $0, size) }
        }
        #expect(bound == 0)
        #expect(link(playground.outside + "/secret", playground.root + "/hard") == 0)
        let store = try playground.store()
        for key in ["pipe", "socket", "hard"] {
            let error = await #expect(throws: ObjectError.self) { try await store.get(key) }
            #expect(error?.code == .notAnObject, "\(key)")
            #expect(try await store.head(key) == nil)
        }
        #expect(try await store.list().objects.isEmpty)
        var configuration = ObjectStore.Configuration()
        configuration.allowsHardLinks = true
        #expect(try await playground.store(configuration).get("hard").text == Playground.secret)
        // What is put in its place takes the name only.
        try await store.put(Array("new".utf8), as: "hard")
        #expect(playground.isUntouched)
    }

    #if canImport(Glibc)
        private var streamSocket: UInt32 { SOCK_STREAM.rawValue }
    #else
        private var streamSocket: Int32 { SOCK_STREAM }
    #endif
}
