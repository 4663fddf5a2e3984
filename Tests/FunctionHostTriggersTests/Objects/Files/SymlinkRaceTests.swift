// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

@testable import FunctionHostTriggers

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
/// Somebody who changes directories and files for links to the outside, while others read and write.
@Suite struct SymlinkRaceTests {
    private static let swaps = 10_000

    /// Swaps on a thread of its own, for as often as is asked, and until others have met with it.
    private final class Swapper: Sendable {
        let isOver = Atomic(false)
        let isAtEnd = OneShot<Void>()

        /// `d` is by turns a directory with a file and a link to the directory outside; so is `a` a file and a link.
        func start(_ playground: Playground, _ count: Int, until isSeen: @escaping @Sendable () -> Bool) {
            startThread(named: "swapper") { [self] in
                let root = playground.root
                var number = 0
                // Readers may have to wait for a thread while other tests run.
                while number < count || !isSeen() {
                    if number % 2 == 0 {
                        Self.exchange("\(root)/d", "\(root)/d-link")
                    } else {
                        Self.exchange("\(root)/a", "\(root)/a-link")
                    }
                    number += 1
                }
                isOver.store(true, ordering: .relaxed)
                isAtEnd.give(())
            }
        }

        /// Two names change places, by way of a third.
        private static func exchange(_ first: String, _ second: String) {
            precondition(rename(first, first + ".tmp") == 0)
            // Who puts something makes the directory that is not there for a moment.
            while rename(second, first) != 0 { clear(first) }
            while rename(first + ".tmp", second) != 0 { clear(second) }
        }

        private static func clear(_ directory: String) {
            for name in ["/new", "/newer", "/deep/new"] { unlink(directory + name) }
            rmdir(directory + "/deep")
            rmdir(directory)
        }
    }

    /// What readers came by.
    private final class Tally: Sendable {
        let reads = Atomic(0)
        let refusals = Atomic(0)

        /// Whether both sides of the race were seen.
        var isSeen: Bool { reads.load(ordering: .relaxed) > 100 && refusals.load(ordering: .relaxed) > 100 }
    }

    /// A store in the middle of it, and what people do with it.
    private struct Scene: Sendable {
        let store: ObjectStore
        let tree: FileTree
        let tally = Tally()

        func get() async {
            for key in ["a", "d/secret", "a-link", "d-link/secret"] {
                guard let found = try? await store.get(key) else {
                    tally.refusals.add(1, ordering: .relaxed)
                    continue
                }
                tally.reads.add(1, ordering: .relaxed)
                #expect(["inside", "mine"].contains(found.text), "\(key) reads \(found.text)")
            }
        }

        func list() async throws {
            for object in try await store.list().objects {
                #expect(object.size <= 6, "\(object.key) has \(object.size) bytes")
            }
        }

        func write() async {
            _ = try? await store.put(Array("mine".utf8), as: "d/new")
            _ = try? await store.put(Array("mine".utf8), as: "d/deep/new")
            _ = try? await store.delete("d/deep/secret")
            _ = try? await store.move("d/new", to: "d-link/newer")
        }

        func watch() async throws {
            for text in ["d", "d-link"] {
                guard let opened = try? await tree.open(try ObjectPath(key: text)) else { continue }
                for entry in try await opened.names.next(100) {
                    guard case .file(let stamp) = entry.kind else { continue }
                    #expect(stamp.size <= 6, "the watch sees \(entry.name)")
                }
            }
            let path = try ObjectPath(key: "a")
            guard let stamp = try await tree.stamp(of: path) else { return }
            #expect(stamp.size <= 6)
            let eTag = await tree.eTag(of: path, stamp, atMost: 100)
            #expect(eTag == nil || eTag == MD5.hash("inside").hexDigits)
        }
    }

    @Test("In 10,000 swaps for links to the outside, nobody reads a byte from there or writes one")
    func races() async throws {
        let playground = Playground()
        for directory in ["d", "links"] { playground.makeDirectory(directory) }
        playground.drop("inside", at: "d/secret")
        playground.drop("inside", at: "a")
        playground.link("d-link", to: playground.outside)
        playground.link("a-link", to: playground.outside + "/a")
        let store = try playground.store()
        let scene = Scene(store: store, tree: FileTree(store, asksSystem: true))
        scene.tree.begin {}
        let swapper = Swapper()
        swapper.start(playground, Self.swaps) { [tally = scene.tally] in tally.isSeen }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    while !swapper.isOver.load(ordering: .relaxed) {
                        switch worker {
                        case 0: await scene.get()
                        case 1: try await scene.list()
                        case 2: await scene.write()
                        default: try await scene.watch()
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        await swapper.isAtEnd.wait()
        scene.tree.end()
        #expect(playground.isUntouched)
    }
}
