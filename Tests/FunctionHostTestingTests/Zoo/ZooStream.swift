// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTesting
import Synchronization

/// A bounded passage of chunks with an error at its end; readers and writers may wait, readers may be cancelled.
final class ZooStream: Sendable {
    enum Item: Equatable { case chunk(Int), end, cancelled }

    private struct Reader {
        let id: Int
        let continuation: CheckedContinuation<Item, Never>
    }

    private struct State {
        var chunks: [Int] = []
        var isFinished = false
        var readers: [Reader] = []
        var writers: [CheckedContinuation<Void, Never>] = []
        var cancelled: Set<Int> = []
        var nextID = 0
    }

    private let capacity: Int
    private let bug: PlantedBug?
    private let state = Mutex(State())

    init(capacity: Int, _ bug: PlantedBug?) {
        self.capacity = capacity
        self.bug = bug
    }

    func write(_ chunk: Int) async {
        while true {
            let (isWritten, reader) = state.withLock { state -> (Bool, Reader?) in
                if !state.readers.isEmpty { return (true, state.readers.removeFirst()) }
                guard state.chunks.count < capacity else { return (false, nil) }
                state.chunks.append(chunk)
                return (true, nil)
            }
            reader?.continuation.resume(returning: .chunk(chunk))
            if isWritten { return }
            await waitForRoom()
        }
    }

    private func waitForRoom() async {
        await withCheckedContinuation { continuation in
            let mustWait = state.withLock { state in
                guard state.chunks.count >= capacity else { return false }
                state.writers.append(continuation)
                return true
            }
            if !mustWait { continuation.resume() }
        }
    }

    func finish() {
        let readers = state.withLock { state in
            state.isFinished = true
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.continuation.resume(returning: .end) }
    }

    func read() async -> Item {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let item = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (item, writer) = take(Reader(id: id, continuation: continuation))
                writer?.resume()
                if let item { continuation.resume(returning: item) }
            }
        } onCancel: {
            leave(id)?.resume(returning: .cancelled)
        }
        // A chunk that came in the moment of the cancellation is the reader's all the same.
        return bug == .chunkLostOnCancelledRead && Task.isCancelled ? .cancelled : item
    }

    private func take(_ reader: Reader) -> (Item?, writer: CheckedContinuation<Void, Never>?) {
        state.withLock { state in
            if state.cancelled.remove(reader.id) != nil { return (.cancelled, nil) }
            if bug == .errorOvertakesChunks, state.isFinished { return (.end, nil) }
            let item: Item? =
                state.chunks.isEmpty ? (state.isFinished ? .end : nil) : .chunk(state.chunks.removeFirst())
            if item == nil { state.readers.append(reader) }
            // Also a reader who waits beside an empty buffer makes room: the last chunk may have gone straight to it.
            let mayWake = item != nil || bug != .writerLeftBesideEmptyBuffer
            return (item, mayWake && !state.writers.isEmpty ? state.writers.removeFirst() : nil)
        }
    }

    private func leave(_ id: Int) -> CheckedContinuation<Item, Never>? {
        state.withLock { state in
            guard let index = state.readers.firstIndex(where: { $0.id == id }) else {
                state.cancelled.insert(id)
                return nil
            }
            return state.readers.remove(at: index).continuation
        }
    }

    static func scenario(_ bug: PlantedBug?) async throws {
        let stream = ZooStream(capacity: 1, bug)
        let read = Log<Int>()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskGroup(of: Void.self) { writers in
                    for number in 0..<3 {
                        writers.addTask { for chunk in 0..<2 { await stream.write(number * 2 + chunk) } }
                    }
                }
                stream.finish()
            }
            group.addTask {
                // The first reader is cancelled at some moment, the second reads on.
                await withTaskGroup(of: Void.self) { first in
                    first.addTask { while case .chunk(let chunk) = await stream.read() { read.append(chunk) } }
                    await zooPause(8)
                    first.cancelAll()
                }
                while case .chunk(let chunk) = await stream.read() { read.append(chunk) }
            }
        }
        if read.entries.sorted() != Array(0..<6) { throw ZooFault("of chunks 0 to 5 were read: \(read.entries)") }
    }
}
