// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import FunctionHost

@Suite struct DispatchStateMachineTests {
    typealias Machine = DispatchStateMachine<Int>

    private let start = Timestamp(nanoseconds: 0)

    private func machine(limit: Int = 10) -> Machine {
        var machine = Machine(limit: limit)
        machine.open()
        return machine
    }

    @Test("Before the queue is open, and after it is closed, nobody is woken")
    func closed() {
        var machine = Machine(limit: 1)
        #expect(machine.arrived().isNobody)
        #expect(machine.look(after: nil) == nil)
        machine.open()
        #expect(machine.arrived().isStart)
        #expect(machine.look(after: nil) != nil)
        #expect(machine.close().isEmpty)
        #expect(machine.look(after: nil) == nil)
        machine.left(wasSearching: true)
        #expect(machine.isQuiet)
        #expect(machine.arrived().isNobody)
    }

    @Test("Only one worker at a time looks; the next begins when it has found something and there is more")
    func oneSearches() {
        var machine = machine()
        #expect(machine.arrived().isStart)
        #expect(machine.arrived().isNobody)
        #expect(machine.found(wasSearching: true, hasMore: true).isStart)
        #expect(machine.found(wasSearching: true, hasMore: false).isNobody)
        #expect(machine.arrived().isStart)
    }

    @Test("There are never more workers than the limit")
    func limit() {
        var machine = machine(limit: 2)
        #expect(machine.arrived().isStart)
        #expect(machine.found(wasSearching: true, hasMore: true).isStart)
        #expect(machine.found(wasSearching: true, hasMore: true).isNobody)
        #expect(machine.arrived().isNobody)
    }

    @Test("A worker that found nothing is seen to rest before it looks whether anything has come, and then looks again")
    func noLostWake() {
        var machine = machine()
        #expect(machine.arrived().isStart)
        #expect(machine.needsWake == false)
        #expect(machine.rest(1, wasSearching: true) == .parked)
        #expect(machine.needsWake)
        machine.unpark()
        #expect(machine.needsWake == false)
        #expect(machine.rest(1, wasSearching: true) == .parked)
        #expect(machine.arrived().resumed == 1)
    }

    @Test("The one parked last is woken first, and more than a few do not stay")
    func parking() {
        var machine = machine()
        _ = machine.arrived()
        for _ in 0..<5 { _ = machine.found(wasSearching: true, hasMore: true) }
        for waiter in 0..<4 { #expect(machine.rest(waiter, wasSearching: waiter == 0) == .parked) }
        #expect(machine.rest(4, wasSearching: false) == .leave)
        #expect(machine.arrived().resumed == 3)
        #expect(Array(machine.close()) == [0, 1, 2])
    }

    @Test("Whoever comes to rest after the end is counted out")
    func restAfterClose() {
        var machine = machine()
        _ = machine.arrived()
        _ = machine.close()
        #expect(machine.rest(1, wasSearching: true) == .leave)
        #expect(machine.isQuiet)
    }

    @Test("Who makes room leaves only if somebody is there to take the place")
    func pause() {
        var machine = machine()
        _ = machine.arrived()
        #expect(machine.found(wasSearching: true, hasMore: false).isNobody)
        #expect(machine.pause() == false)
        _ = machine.arrived()
        #expect(machine.pause() == true)
        machine.left(wasSearching: true)
        #expect(machine.isQuiet)
    }

    @Test("A throttled function is left alone for 1 s, then 2, 4, and so on to 5 minutes")
    func backoff() throws {
        var machine = machine()
        var now = start
        for expected in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            machine.throttled("f", now: now)
            #expect(machine.look(after: nil)?.excluded == ["f"])
            let next = try #require(machine.nextReturn)
            #expect(now.duration(to: next) == .seconds(expected))
            #expect(machine.lookAgain(at: next) == true)
            #expect(machine.lookAgain(at: next) == false)
            #expect(machine.alarmRang(now: next.advanced(by: .nanoseconds(-1))).isNobody)
            #expect(machine.look(after: nil)?.excluded == ["f"])
            _ = machine.alarmRang(now: next)
            #expect(machine.look(after: nil)?.excluded == [])
            now = next
        }
        machine.admitted("f")
        machine.throttled("f", now: now)
        #expect(machine.nextReturn.map { now.duration(to: $0) } == .seconds(1))
    }

    @Test("Whoever has just served a function that is left alone goes on with it: the room is its own")
    func onlyLast() {
        var machine = machine()
        machine.throttled("f", now: start)
        #expect(machine.look(after: "f")?.only == "f")
        #expect(machine.look(after: "g")?.excluded == ["f"])
        machine.admitted("f")
        #expect(machine.look(after: "f")?.excluded == [])
    }

    @Test("Room that becomes free is tried, but not all the time")
    func releases() {
        var machine = machine()
        machine.throttled("f", now: start)
        #expect(machine.released(now: start).isNobody)
        #expect(machine.released(now: start.advanced(by: .milliseconds(4))).isNobody == false)
        #expect(machine.look(after: nil)?.excluded == [])
    }

    @Test("A function that nobody has registered is left alone until somebody does")
    func unknown() {
        var machine = machine()
        machine.unknown("f")
        #expect(machine.unknownFunctions == ["f"])
        #expect(machine.nextReturn == nil)
        #expect(machine.released(now: start.advanced(by: .seconds(1_000_000))).isNobody)
        #expect(machine.registered("g").isNobody)
        #expect(machine.registered("f").isNobody == false)
        #expect(machine.look(after: nil)?.excluded == [])
    }

    @Test("One suspect is tried at a time")
    func suspects() {
        var machine = machine()
        #expect(machine.look(after: nil)?.takesSuspects == true)
        #expect(machine.beginSuspect() == true)
        #expect(machine.beginSuspect() == false)
        #expect(machine.look(after: nil)?.takesSuspects == false)
        _ = machine.endSuspect()
        #expect(machine.beginSuspect() == true)
    }

    @Test(
        "However workers and arrivals interleave, nothing that has arrived is left lying while a worker could take it")
    func random() {
        for seed in 0..<400 {
            var model = DispatchModel(seed: UInt64(seed), limit: 1 + seed % 7)
            for _ in 0..<200 { model.step() }
            model.finish()
            #expect(model.fault == nil, "seed \(seed): \(model.fault ?? "")")
        }
    }
}

/// Workers and a queue of plain numbers around the machine, driven by lot.
private struct DispatchModel {
    /// Producers are among them, between counting an arrival and asking whether anybody needs to be woken.
    private enum Worker { case about, found(Int, hasMore: Bool), looked(Int), working, arriving, parked, gone }

    private var machine: DispatchStateMachine<Int>
    private var generator: SplitMix64
    private let limit: Int
    private var workers: [(state: Worker, isSearching: Bool)] = []
    private var waiting = 0
    private var arrivals = 0
    private(set) var fault: String?

    init(seed: UInt64, limit: Int) {
        machine = DispatchStateMachine(limit: limit)
        machine.open()
        generator = SplitMix64(seed: SplitMix64.mix(seed))
        self.limit = limit
    }

    private mutating func carryOut(_ wake: DispatchStateMachine<Int>.Wake) {
        switch wake {
        case .nobody: break
        case .start: workers.append((.about, true))
        case .resume(let index):
            if case .parked = workers[index].state {} else { fault = "woke worker \(index), which was not parked" }
            workers[index] = (.about, true)
        }
    }

    mutating func step() {
        let busy = workers.indices.filter { index in
            switch workers[index].state {
            case .about, .found, .looked, .working, .arriving: true
            case .parked, .gone: false
            }
        }
        if busy.isEmpty || generator.next() % 3 == 0 {
            waiting += 1
            arrivals += 1
            workers.append((.arriving, false))
        } else {
            advance(busy[Int(generator.next() % UInt64(busy.count))])
        }
        check()
    }

    private mutating func advance(_ index: Int) {
        switch workers[index].state {
        case .about:
            let seen = arrivals
            guard machine.look(after: nil) != nil else { return }
            if waiting > 0 {
                waiting -= 1
                workers[index].state = .found(seen, hasMore: waiting > 0)
            } else {
                workers[index].state = .looked(seen)
            }
        case .found(let seen, let hadMore):
            let wasSearching = workers[index].isSearching
            let hasMore = hadMore || arrivals != seen
            workers[index] = (.working, false)
            if wasSearching || hasMore { carryOut(machine.found(wasSearching: wasSearching, hasMore: hasMore)) }
        case .looked(let seen):
            let action = machine.rest(index, wasSearching: workers[index].isSearching)
            workers[index] = (action == .parked ? .parked : .gone, false)
            guard arrivals != seen else { return }
            if action == .parked {
                machine.unpark()
                workers[index] = (.about, true)
            } else {
                carryOut(machine.arrived())
            }
        case .working:
            let leaves = generator.next() % 8 == 0 && machine.pause()
            workers[index] = (leaves ? .gone : .about, false)
        case .arriving:
            workers[index].state = .gone
            if machine.needsWake { carryOut(machine.arrived()) }
        case .parked, .gone: break
        }
    }

    private mutating func check() {
        let alive = workers.count { worker in
            switch worker.state {
            case .gone, .arriving: false
            case .about, .found, .looked, .working, .parked: true
            }
        }
        if alive > limit { fault = "\(alive) workers under a limit of \(limit)" }
    }

    /// Lets every worker go on until all of them rest: then nothing may be waiting.
    mutating func finish() {
        for _ in 0..<100_000 {
            let busy = workers.indices.filter { index in
                switch workers[index].state {
                case .about, .found, .looked, .working, .arriving: true
                case .parked, .gone: false
                }
            }
            guard let index = busy.first else { break }
            advance(index)
        }
        if waiting > 0 { fault = fault ?? "\(waiting) left lying although everybody rests" }
    }
}

extension DispatchStateMachine.Wake {
    fileprivate var isNobody: Bool { if case .nobody = self { true } else { false } }
    fileprivate var isStart: Bool { if case .start = self { true } else { false } }
    fileprivate var resumed: Waiter? { if case .resume(let waiter) = self { waiter } else { nil } }
}

extension DispatchStateMachine.Look {
    fileprivate var excluded: Set<String>? { if case .allBut(let names) = functions { names } else { nil } }
    fileprivate var only: String? { if case .only(let name) = functions { name } else { nil } }
}
