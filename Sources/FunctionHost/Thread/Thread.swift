// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Starts a detached operating-system thread, named for debuggers (15 bytes at most on Linux).
///
/// The package's own threads are the alarm, the bulkhead and the observers' courier; each says who ends it.
package func startThread(named name: String, _ body: @escaping @Sendable () -> Void) {
    let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    defer { pthread_attr_destroy(&attributes) }
    #if canImport(Darwin)
        var thread: pthread_t?
        let code = pthread_create(&thread, &attributes, { ThreadStart.run($0) }, start.toOpaque())
    #else
        var thread = pthread_t()
        let code = pthread_create(&thread, &attributes, { ThreadStart.run($0!) }, start.toOpaque())
    #endif
    precondition(code == 0, "The system refused a thread (\(name), error \(code)): raise its limit of threads.")
}

/// What a new thread is given.
private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }

    static func run(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let start = Unmanaged<ThreadStart>.fromOpaque(pointer).takeRetainedValue()
        #if canImport(Darwin)
            pthread_setname_np(start.name)
        #else
            // `pthread_setname_np` is a GNU extension that the module map leaves out; the kernel's file does the same.
            let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
            if file >= 0 {
                _ = start.name.withCString { write(file, $0, min(strlen($0), 15)) }
                close(file)
            }
        #endif
        start.body()
        return nil
    }
}
