// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Starts a thread of the operating system, for what would otherwise block one that tasks run on.
func startThread(_ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(ThreadStart(body: body))
    #if canImport(Darwin)
        var thread: pthread_t?
        let code = pthread_create(&thread, nil, { ThreadStart.run($0) }, start.toOpaque())
        if let thread { pthread_detach(thread) }
    #else
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { $0.flatMap { ThreadStart.run($0) } }, start.toOpaque())
        if code == 0 { pthread_detach(thread) }
    #endif
    precondition(code == 0, "The system refused a thread (error \(code)): raise its limit of threads.")
}

private final class ThreadStart: Sendable {
    private let body: @Sendable () -> Void

    init(body: @escaping @Sendable () -> Void) { self.body = body }

    static func run(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<ThreadStart>.fromOpaque(pointer).takeRetainedValue().body()
        return nil
    }
}

/// SIGTERM and SIGINT, in place of what they do by default: a handler that writes a byte into a pipe, which is all it may do.
///
/// Blocking them and calling `sigwait` on a thread would be simpler, but the main thread of a program with an asynchronous
/// `main` waits with every signal unblocked on Linux.
struct TerminationSignals {
    private static let writingEnd = Atomic<Int32>(-1)
    private let readingEnd: Int32

    /// Begins to listen; to be made once.
    init() throws {
        let pipe = try makePipe()
        readingEnd = pipe.reading
        Self.writingEnd.store(pipe.writing, ordering: .releasing)
        signal(SIGPIPE, SIG_IGN)
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                let error = errno
                var byte: UInt8 = 1
                _ = write(TerminationSignals.writingEnd.load(ordering: .acquiring), &byte, 1)
                errno = error
            }
        }
    }

    /// Waits for the next one; false if the task is cancelled.
    func next(_ poller: Poller) async -> Bool {
        guard await poller.isReady(readingEnd, for: .reading) else { return false }
        var byte: UInt8 = 0
        return read(readingEnd, &byte, 1) == 1
    }
}

/// Prints a line at once, though it may go to a pipe.
func say(_ line: String) {
    print(line)
    fflush(nil)
}

/// Says what is wrong, where errors are said, and ends the program.
func fail(_ message: String) -> Never {
    let line = "EmbeddedServer: \(message)\n"
    _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
    exit(1)
}

/// As `kill -TERM` would from outside.
func sendTerminationToMyself() { kill(getpid(), SIGTERM) }
