// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Testing

@testable import FunctionHostTriggers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
/// What a store does with objects.
@Suite struct ObjectStoreTests {
    private let playground = Playground()

    @Test("What was put is got, whole and in parts, and told with its size and its MD5", arguments: [0, 1, 5, 300_000])
    func roundTrip(size: Int) async throws {
        let store = try playground.store()
        let content = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let put = try await store.put(content, as: "some/where/x.bin")
        let got = try await store.get("some/where/x.bin")
        #expect(got.content == content)
        #expect(got.info == put)
        #expect(put.size == size)
        #expect(put.eTag?.utf8.count == 32)
        let head = try #require(try await store.head("some/where/x.bin"))
        #expect((head.key, head.version, head.eTag) == ("some/where/x.bin", put.version, nil))
        guard size > 1 else { return }
        #expect(try await store.get("some/where/x.bin", range: 1..<3).content == Array(content[1..<3]))
        let end = try await store.get("some/where/x.bin", range: Int64(size - 1)..<Int64(size + 100))
        #expect(end.content == [content[size - 1]])
        #expect(end.info.eTag == nil)
    }

    @Test("The MD5 is written as S3's events have it")
    func eTag() async throws {
        let info = try await playground.store().put(Array("hello".utf8), as: "greeting")
        #expect(info.eTag == "5d41402abc4b2a76b9719d911017c592")
    }

    @Test("What cannot be got is a typed error that says why")
    func refusals() async throws {
        var configuration = ObjectStore.Configuration()
        configuration.objectBytes = 10
        let store = try playground.store(configuration)
        playground.makeDirectory("directory")
        playground.drop("0123456789a", at: "large")
        try await store.put([1, 2], as: "small")
        try await store.put([UInt8](repeating: 0, count: 10), as: "just")
        let cases: [(ObjectError.Code, @Sendable () async throws -> Void)] = [
            (.notFound, { _ = try await store.get("nothing") }), (.notFound, { _ = try await store.get("directory") }),
            (.notFound, { _ = try await store.get("small/x") }), (.tooLarge, { _ = try await store.get("large") }),
            (.tooLarge, { try await store.put([UInt8](repeating: 0, count: 11), as: "x") }),
            (.invalidArgument, { _ = try await store.get("small", range: 2..<3) }),
            (.invalidArgument, { _ = try await store.get("small", range: 1..<1) }),
            (.invalidArgument, { _ = try await store.list(limit: 0) }),
            (.invalidArgument, { _ = try await store.list(limit: 1_001) }),
            (.invalidArgument, { _ = try await store.list(delimiter: "") }),
            (.conflict, { try await store.put([], as: "directory") }),
            (.conflict, { try await store.put([], as: "small/x") }),
            (.conflict, { try await store.move("small", to: "directory") }),
            (.notFound, { try await store.move("nothing", to: "x") }),
        ]
        for (index, (code, work)) in cases.enumerated() {
            let error = await #expect(throws: ObjectError.self, "case \(index)") { try await work() }
            #expect(error?.code == code, "case \(index): \(error?.description ?? "")")
        }
        #expect(try await store.get("large", range: 1..<11).text == "123456789a")
        #expect(playground.names(in: playground.root + "/.functionhost") == [])
    }

    @Test(
        "A store wants a directory that is there, and a name as buckets have",
        arguments: ["ab", "Upper", "a_b", "-ab", "ab-"])
    func opening(bucket: String) {
        let badName = #expect(throws: ObjectError.self) {
            try ObjectStore(bucket: bucket, directory: playground.root)
        }
        #expect(badName?.code == .invalidArgument)
        let missing = #expect(throws: ObjectError.self) {
            try ObjectStore(bucket: "drop", directory: playground.root + "/none")
        }
        #expect(missing?.code == .notFound)
    }

    @Test("Deleting and moving take the name, and what is not there is not missed")
    func deletingAndMoving() async throws {
        let store = try playground.store()
        try await store.put([1], as: "in/a")
        try await store.put([2], as: "done/a")
        try await store.move("in/a", to: "done/a")
        #expect(try await store.get("done/a").content == [1])
        #expect(try await store.head("in/a") == nil)
        #expect(try await store.delete("done/a"))
        #expect(try await !store.delete("done/a"))
        #expect(try await !store.delete("done/a/b"))
        #expect(try await !store.delete("done"))
    }

    @Test("Who reads while others put sees one version or another, never part of one")
    func atomic() async throws {
        let store = try playground.store()
        let size = 100_000
        try await store.put([UInt8](repeating: 0, count: size), as: "x")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 1...2 {
                group.addTask {
                    for round in 0..<30 {
                        try await store.put([UInt8](repeating: UInt8(writer * 100 + round), count: size), as: "x")
                    }
                }
            }
            group.addTask {
                for _ in 0..<200 {
                    let content = try await store.get("x").content
                    #expect(content.count == size)
                    #expect(Set(content).count == 1)
                }
            }
            try await group.waitForAll()
        }
        #expect(playground.names(in: playground.root) == [".functionhost", "x"])
    }

    @Test("What a process left that ended in the middle of a put is removed after a day")
    func leftovers() async throws {
        playground.makeDirectory(".functionhost")
        playground.drop("old", at: ".functionhost/old")
        playground.drop("new", at: ".functionhost/new")
        var times = [timeval(), timeval()]
        times[0].tv_sec = 1_000_000_000
        times[1].tv_sec = 1_000_000_000
        utimes(playground.root + "/.functionhost/old", times)
        _ = try playground.store()
        // Its name is as new as this test: only what was not touched at all is old.
        #expect(playground.names(in: playground.root + "/.functionhost") == ["new", "old"])
        try RootDirectory(path: playground.root, allowsHardLinks: false).removeLeftovers(
            now: SystemClock().wallTime.advanced(by: .seconds(86_401)))
        #expect(playground.names(in: playground.root + "/.functionhost") == [])
    }
}
