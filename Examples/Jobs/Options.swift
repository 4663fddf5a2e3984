// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What the command line asks for.
struct Options {
    enum Mode { case tour, kill, worker(pipe: Int32) }
    enum Place { case temporary, memory, file(String) }

    var mode = Mode.tour
    var place = Place.temporary

    init(_ arguments: some Sequence<String>) throws {
        var arguments = arguments.makeIterator()
        while let argument = arguments.next() {
            switch argument {
            case "--memory": place = .memory
            case "--kill": mode = .kill
            case "--file":
                guard let path = arguments.next() else { throw Failure("--file needs a path") }
                place = .file(path)
            // What the program starts itself with.
            case "--worker":
                guard let pipe = arguments.next().flatMap({ Int32($0) }) else {
                    throw Failure("--worker needs the number of a pipe")
                }
                mode = .worker(pipe: pipe)
            default: throw Failure("usage: Jobs [--memory | --file PATH] [--kill]")
            }
        }
        if case .kill = mode, case .memory = place { throw Failure("nothing in memory survives --kill; use a file") }
    }

    func files() throws -> Files {
        if case .file(let path) = place { Files(queue: path) } else { try Files() }
    }

    var isInMemory: Bool { if case .memory = place { true } else { false } }
}
