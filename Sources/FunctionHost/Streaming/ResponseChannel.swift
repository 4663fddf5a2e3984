// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The passage of chunks between a handler's task and its reader's.
package final class ResponseChannel<Chunk: Sendable>: Sendable {
    private enum Delivery: Sendable {
        case chunk(Chunk)
        case end((any Error)?)
        case cancelled
    }

    private typealias Machine = ResponseStreamStateMachine<Chunk, OneShot<Void>, OneShot<Delivery>>
    private let state: Mutex<Machine>

    package init(capacity: Int) { state = Mutex(Machine(capacity: capacity)) }

    /// Writes a chunk, waiting while the buffer is full.
    package func write(_ chunk: Chunk) async throws {
        while true {
            if Task.isCancelled {
                // If its turn came in the moment of its cancellation, whoever is next has it now.
                state.withLock { $0.nextWriter() }?.give(())
                throw CancellationError()
            }
            let ticket = OneShot<Void>()
            switch state.withLock({ $0.write(chunk) { ticket } }) {
            case .stored: return
            case .deliver(let reader):
                reader.give(.chunk(chunk))
                return
            case .wait:
                await withTaskCancellationHandler {
                    await ticket.wait()
                } onCancel: {
                    // Whoever takes a ticket out of the machine gives it its value.
                    if state.withLock({ $0.withdraw(writer: ticket) }) { ticket.give(()) }
                }
            case .refuse:
                throw FunctionHostError(.streamClosed, reason: "the reader of the response stream has left")
            }
        }
    }

    /// The next chunk; nil at the end.
    package func read() async throws -> Chunk? {
        let ticket = OneShot<Delivery>()
        switch state.withLock({ $0.read { ticket } }) {
        case .chunk(let chunk, let writer):
            writer?.give(())
            return chunk
        case .end(let error):
            if let error { throw error }
            return nil
        case .wait:
            // The writer that was woken last may have given its chunk straight to a reader: there is room for one more.
            state.withLock { $0.nextWriter() }?.give(())
        }
        let delivery = await withTaskCancellationHandler {
            await ticket.wait()
        } onCancel: {
            if state.withLock({ $0.withdraw(reader: ticket) }) { ticket.give(.cancelled) }
        }
        switch delivery {
        case .chunk(let chunk): return chunk
        case .end(let error):
            if let error { throw error }
            return nil
        case .cancelled: throw CancellationError()
        }
    }

    /// The handler has ended.
    package func finish(_ error: (any Error)?) {
        let (readers, writers) = state.withLock { $0.finish(error) }
        for (index, reader) in readers.enumerated() { reader.give(.end(index == 0 ? error : nil)) }
        for writer in writers { writer.give(()) }
    }

    /// The reader has left.
    package func close() {
        let (readers, writers) = state.withLock { $0.close() }
        for reader in readers { reader.give(.end(nil)) }
        for writer in writers { writer.give(()) }
    }
}
