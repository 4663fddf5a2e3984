// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The passage of chunks from a handler to its reader: a bounded buffer, and who waits at its ends.
///
/// ```
///          write                    finished / failed, buffer empty
///   open ─────────▶ open (full: the writer waits) ──────▶ ended
///     └──────────── reader leaves ──────────────────────▶ closed (writes are refused)
/// ```
///
/// An error arrives after the chunks that were written before it.
package struct ResponseStreamStateMachine<
    Chunk: Sendable, Writer: AnyObject & Sendable, Reader: AnyObject & Sendable
>: Sendable {
    private enum State {
        case open
        case finishing((any Error)?)
        case ended
        case closed
    }

    package enum WriteAction: Sendable {
        case stored
        /// Give the chunk to this reader, who waits for one.
        case deliver(Reader)
        /// Wait until there is room.
        case wait
        case refuse
    }

    package enum ReadAction: Sendable {
        /// A chunk, and the writer who can go on now.
        case chunk(Chunk, resume: Writer?)
        case wait
        case end((any Error)?)
    }

    private let capacity: Int
    private var state = State.open
    /// What is buffered, from `head` on; nil where it has been read.
    private var chunks: [Chunk?] = []
    private var head = 0
    private var writers: [Writer] = []
    private var readers: [Reader] = []

    package init(capacity: Int) { self.capacity = max(1, capacity) }

    package var count: Int { chunks.count - head }

    /// A handler writes: `writer` is remembered if it has to wait, and told to try again when there is room.
    package mutating func write(_ chunk: Chunk, writer: () -> Writer?) -> WriteAction {
        guard case .open = state else { return .refuse }
        if !readers.isEmpty { return .deliver(readers.removeFirst()) }
        if count < capacity {
            chunks.append(chunk)
            return .stored
        }
        if let writer = writer() { writers.append(writer) }
        return .wait
    }

    /// The reader asks for the next chunk: `reader` is remembered if there is none yet.
    package mutating func read(reader: () -> Reader?) -> ReadAction {
        if count > 0, let chunk = chunks[head] {
            chunks[head] = nil
            head += 1
            if head == chunks.count || head > 64 {
                chunks.removeFirst(head)
                head = 0
            }
            return .chunk(chunk, resume: writers.isEmpty ? nil : writers.removeFirst())
        }
        switch state {
        case .open:
            if let reader = reader() { readers.append(reader) }
            return .wait
        case .finishing(let error):
            state = .ended
            return .end(error)
        case .ended, .closed: return .end(nil)
        }
    }

    /// A writer who could go on does not: the next one is told instead, if there is room.
    package mutating func nextWriter() -> Writer? {
        count >= capacity || writers.isEmpty ? nil : writers.removeFirst()
    }

    /// A writer waits no more; false if it does not wait, having been told to go on.
    package mutating func withdraw(writer: Writer) -> Bool {
        guard let index = writers.firstIndex(where: { $0 === writer }) else { return false }
        writers.remove(at: index)
        return true
    }

    /// A reader waits no more; false if it does not wait, having been given a chunk or the end.
    package mutating func withdraw(reader: Reader) -> Bool {
        guard let index = readers.firstIndex(where: { $0 === reader }) else { return false }
        readers.remove(at: index)
        return true
    }

    /// The handler has ended: readers who wait are told, the first of them with the error.
    package mutating func finish(_ error: (any Error)?) -> (readers: [Reader], writers: [Writer]) {
        guard case .open = state else { return ([], takeWriters()) }
        state = readers.isEmpty ? .finishing(error) : .ended
        defer { readers = [] }
        return (readers, takeWriters())
    }

    /// The reader has left; all who wait are told, what is buffered is dropped.
    package mutating func close() -> (readers: [Reader], writers: [Writer]) {
        state = .closed
        chunks = []
        head = 0
        defer { readers = [] }
        return (readers, takeWriters())
    }

    private mutating func takeWriters() -> [Writer] {
        defer { writers = [] }
        return writers
    }
}
