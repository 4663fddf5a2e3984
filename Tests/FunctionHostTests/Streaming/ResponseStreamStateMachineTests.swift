// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct ResponseStreamStateMachineTests {
    private typealias Machine = ResponseStreamStateMachine<Int, Token, Token>

    private func write(_ chunk: Int, to machine: inout Machine, as writer: Token = Token()) -> String {
        switch machine.write(chunk, writer: { writer }) {
        case .stored: "stored"
        case .deliver: "deliver"
        case .wait: "wait"
        case .refuse: "refuse"
        }
    }

    private func read(_ machine: inout Machine, as reader: Token = Token()) -> String {
        switch machine.read(reader: { reader }) {
        case .chunk(let chunk, let writer): writer == nil ? "\(chunk)" : "\(chunk), writer"
        case .wait: "wait"
        case .end(let error): error.map { "end \($0)" } ?? "end"
        }
    }

    @Test("A writer waits when as many chunks are buffered as there is room for", arguments: [(1, 1), (4, 4), (0, 1)])
    func capacity(asked: Int, stored: Int) {
        var machine = Machine(capacity: asked)
        for chunk in 0..<stored { #expect(write(chunk, to: &machine) == "stored") }
        #expect(write(99, to: &machine) == "wait")
        #expect(machine.count == stored)
    }

    @Test("Chunks arrive in the order in which they were written, however many there are", arguments: [1, 3, 100])
    func order(capacity: Int) {
        var machine = Machine(capacity: capacity)
        var (written, arrived) = (0, 0)
        while arrived < 500 {
            while write(written, to: &machine) == "stored" { written += 1 }
            for _ in 0..<max(1, capacity / 3) {
                #expect(read(&machine).hasPrefix("\(arrived)"))
                arrived += 1
            }
        }
    }

    @Test("A reader who waits gets the next chunk at once, and readers take turns")
    func deliver() {
        var machine = Machine(capacity: 2)
        let readers = [Token(), Token()]
        for reader in readers { #expect(read(&machine, as: reader) == "wait") }
        for reader in readers {
            guard case .deliver(let chosen) = machine.write(7, writer: { nil }) else {
                Issue.record("nobody is given the chunk")
                return
            }
            #expect(chosen === reader)
        }
        #expect(write(8, to: &machine) == "stored")
    }

    @Test("A chunk that is read lets one writer go on, the first")
    func writersTurn() {
        var machine = Machine(capacity: 1)
        let writers = [Token(), Token()]
        _ = write(1, to: &machine)
        for writer in writers { _ = write(2, to: &machine, as: writer) }
        guard case .chunk(1, let resumed) = machine.read(reader: { nil }) else {
            Issue.record("no chunk")
            return
        }
        #expect(resumed === writers[0])
        #expect(machine.nextWriter() === writers[1])
        #expect(machine.nextWriter() == nil)
    }

    @Test("A turn that is passed on goes to nobody while the buffer is full")
    func noTurn() {
        var machine = Machine(capacity: 1)
        _ = write(1, to: &machine)
        _ = write(2, to: &machine)
        #expect(machine.nextWriter() == nil)
        #expect(read(&machine) == "1, writer")
    }

    @Test("The end, or the handler's error, comes after the chunks before it, and only once")
    func endAfterChunks() {
        for (error, expected) in [(nil, "end"), (Boom(), "end Boom()")] as [(Boom?, String)] {
            var machine = Machine(capacity: 4)
            _ = write(1, to: &machine)
            _ = write(2, to: &machine)
            #expect(machine.finish(error).readers.isEmpty)
            #expect(machine.finish(Boom()).readers.isEmpty, "the first end stands")
            #expect(write(3, to: &machine) == "refuse")
            #expect((0..<4).map { _ in read(&machine) } == ["1", "2", expected, "end"])
        }
    }

    @Test("Readers and writers who wait are told of the end")
    func endWhileWaiting() {
        var machine = Machine(capacity: 1)
        let readers = [Token(), Token()]
        for reader in readers { _ = read(&machine, as: reader) }
        let told = machine.finish(Boom())
        #expect(told.readers.map(ObjectIdentifier.init) == readers.map(ObjectIdentifier.init))
        #expect(told.writers.isEmpty)
        #expect(read(&machine) == "end", "the first reader has had the error")
        var full = Machine(capacity: 1)
        let writer = Token()
        _ = write(1, to: &full)
        _ = write(2, to: &full, as: writer)
        #expect(full.finish(nil).writers.first === writer)
    }

    @Test("When the reader leaves, everybody who waits is told and what is buffered is dropped")
    func close() {
        var machine = Machine(capacity: 1)
        let (reader, writer) = (Token(), Token())
        _ = read(&machine, as: reader)
        #expect(machine.close().readers.first === reader)
        var full = Machine(capacity: 1)
        _ = write(1, to: &full)
        _ = write(2, to: &full, as: writer)
        #expect(full.close().writers.first === writer)
        #expect(full.count == 0)
        #expect(write(3, to: &full) == "refuse")
        #expect(full.finish(Boom()).readers.isEmpty)
        #expect(read(&full) == "end")
    }

    @Test("Who withdraws waits no more, and can do so once")
    func withdraw() {
        var machine = Machine(capacity: 1)
        let (reader, writer) = (Token(), Token())
        _ = read(&machine, as: reader)
        #expect(machine.withdraw(reader: reader) == true)
        #expect(machine.withdraw(reader: reader) == false)
        #expect(write(1, to: &machine) == "stored")
        _ = write(2, to: &machine, as: writer)
        #expect(machine.withdraw(writer: writer) == true)
        #expect(machine.withdraw(writer: writer) == false)
        #expect(read(&machine) == "1")
    }

    @Test("A chunk that has been read is not kept, also while others are buffered")
    func release() {
        var machine = ResponseStreamStateMachine<Token, Token, Token>(capacity: 2)
        weak var chunk: Token?
        do {
            let first = Token()
            chunk = first
            _ = machine.write(first) { nil }
            _ = machine.write(Token()) { nil }
            _ = machine.read { nil }
        }
        #expect(chunk == nil)
        #expect(machine.count == 1)
    }
}
