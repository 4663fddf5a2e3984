// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import FunctionHostTriggersTesting
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
/// A directory on a disk, watched by a host in real time; each wait is for something that happens, whenever it does.
@Suite("Directory watches", .timeLimit(.minutes(30))) struct DirectoryWatchTests {
    /// Lines that a function leaves, and whoever waits for them.
    final class Reports: Sendable {
        private let lines = Mutex<[String]>([])
        private let signal = ChangeSignal()

        var all: [String] { lines.withLock { $0 } }

        func add(_ line: String) {
            lines.withLock { $0.append(line) }
            signal.announce()
        }

        func wait(for line: String) async { await wait { $0.contains(line) } }
        func wait(forCount wanted: Int) async { await wait { $0.count >= wanted } }

        private func wait(until isEnough: ([String]) -> Bool) async {
            while true {
                let count = signal.count
                // A test whose time is over is cancelled, and then nobody waits any more.
                if isEnough(all) || Task.isCancelled { return }
                await signal.wait(since: count)
            }
        }
    }

    /// What a function was told.
    final class Desk: Sendable {
        private let told = Mutex<[ObjectEvent.Record]>([])
        private let reports = Reports()

        var all: [ObjectEvent.Record] { told.withLock { $0 } }
        var lines: Set<String> { Set(reports.all) }

        func add(_ records: [ObjectEvent.Record]) {
            for record in records {
                told.withLock { $0.append(record) }
                reports.add("\(record.isRemoval ? "-" : "+")\(record.key)")
            }
        }

        func wait(for line: String) async { await reports.wait(for: line) }
        func wait(forCount wanted: Int) async { await reports.wait(forCount: wanted) }
    }

    let playground = Playground()
    let desk = Desk()

    private func host(
        _ memory: (any ProgressStore)? = nil, observers: [any HostObserver] = [],
        configured change: (inout WatchConfiguration) -> Void = { _ in }
    ) throws -> FunctionHost {
        let host = FunctionHost(observers: observers)
        try host.register("count") { [desk] (event: ObjectEvent, _) in desk.add(event.records) }
        var configuration = WatchConfiguration()
        // Only what the system tells, unless a test wants something else.
        configuration.settlingTime = .milliseconds(50)
        configuration.rescanInterval = .seconds(3_600)
        change(&configuration)
        try host.watch(
            playground.store(),
            [ObjectNotification(id: "all", events: [.created, .removed], target: .function("count"))],
            configuration: configuration, memory: memory)
        return host
    }

    #if os(Linux)
        @Test("The system tells of files, directories, renames and removals, and each is told once") func changes()
            async throws
        {
            playground.drop("there before", at: "old")
            try await host().run { [playground, desk] in
                await desk.wait(for: "+old")
                playground.drop("1", at: "new")
                await desk.wait(for: "+new")
                playground.makeDirectory("d")
                playground.makeDirectory("d/e")
                playground.drop("2", at: "d/e/deep")
                await desk.wait(for: "+d/e/deep")
                playground.rename("d/e/deep", to: "d/moved")
                await desk.wait(for: "+d/moved")
                await desk.wait(for: "-d/e/deep")
                playground.rename("d", to: "renamed")
                await desk.wait(for: "+renamed/moved")
                await desk.wait(for: "-d/moved")
                playground.drop("3", at: "renamed/e/more")
                await desk.wait(for: "+renamed/e/more")
                playground.delete("new")
                await desk.wait(for: "-new")
            }
            #expect(desk.all.count == desk.lines.count)
            let first = try #require(desk.all.first)
            #expect((first.key, first.size, first.eTag) == ("old", 12, MD5.hash("there before").hexDigits))
        }

        @Test("Where the system keeps changes to itself, directories are asked again and again") func polling()
            async throws
        {
            let configure = { (configuration: inout WatchConfiguration) in
                configuration.usesSystemNotifications = false
                configuration.pollInterval = .milliseconds(20)
            }
            try await host(configured: configure).run { [playground, desk] in
                playground.drop("1", at: "a")
                await desk.wait(for: "+a")
                playground.rename("a", to: "b")
                await desk.wait(for: "+b")
                await desk.wait(for: "-a")
            }
            #expect(desk.all.count == 3)
        }

        @Test("What others do not mean for anybody yet is passed over, and so is what is no object") func ignored()
            async throws
        {
            playground.makeDirectory(".git")
            for key in ["x.part", "x~", ".x", ".git/x", "x.tmp"] { playground.drop("not yet", at: key) }
            playground.link("link", to: playground.outside + "/secret")
            playground.link("out", to: playground.outside)
            mkfifo(playground.root + "/pipe", 0o644)
            try await host().run { [playground, desk] in
                playground.drop("later", at: "y.part")
                playground.rename("y.part", to: "y")
                await desk.wait(for: "+y")
                playground.rename("x.part", to: "x")
                await desk.wait(for: "+x")
            }
            #expect(desk.lines == ["+x", "+y"])
            #expect(playground.isUntouched)
        }
    #endif

    @Test("A host that begins again tells only of what came or changed meanwhile") func restart() async throws {
        let memory = MemoryInProcess()
        for key in ["a", "b", "c"] { playground.drop("1", at: key) }
        try await host(memory).run { [desk] in await desk.wait(forCount: 3) }
        playground.drop("changed", at: "b")
        playground.drop("1", at: "d")
        playground.delete("c")
        try await host(memory).run { [desk] in await desk.wait(forCount: 6) }
        try await host(memory).run { [playground, desk] in
            playground.drop("1", at: "end")
            await desk.wait(forCount: 7)
        }
        #expect(desk.all.count == 7)
        #expect(
            desk.all.suffix(4).map { "\($0.isRemoval ? "-" : "+")\($0.key)" }.sorted() == ["+b", "+d", "+end", "-c"])
    }

    @Test("A queue may be told instead, and a watch that cannot be is refused") func refusals() async throws {
        let host = FunctionHost()
        let store = try playground.store()
        let queue = try InMemoryQueue("drops")
        try host.watch(store, [ObjectNotification(id: "q", target: .queue(queue))])
        let taken = #expect(throws: FunctionHostError.self) {
            try host.watch(store, [ObjectNotification(id: "q", target: .queue(queue))])
        }
        #expect(taken?.code == .alreadyRegistered)
        var configuration = WatchConfiguration()
        configuration.settlingTime = .seconds(-1)
        let refused = #expect(throws: ObjectError.self) {
            try host.watch(
                store, [ObjectNotification(id: "q", target: .queue(queue))], configuration: configuration, name: "other"
            )
        }
        #expect(refused?.code == .invalidArgument)
        playground.drop("1", at: "a b")
        try await host.run {
            var messages: [QueueMessage] = []
            while messages.isEmpty {
                messages = try await queue.receive(1, visibility: .seconds(30))
                await Task.yield()
            }
            #expect(messages.first?.body.contains(#""key":"a+b","size":1"#) == true)
        }
    }
}

/// Keeps progress for as long as the process lives.
final class MemoryInProcess: ProgressStore {
    private let kept = Mutex<[String: [String: String]]>([:])

    func progress(of owner: String) async throws -> [String: String] { kept.withLock { $0[owner] ?? [:] } }
    func keep(_ text: String, for key: String, of owner: String) async throws {
        kept.withLock { $0[owner, default: [:]][key] = text }
    }
    func forgetProgress(of owner: String) async throws { kept.withLock { $0[owner] = nil } }
}
