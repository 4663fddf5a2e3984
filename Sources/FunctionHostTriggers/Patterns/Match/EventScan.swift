// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What of an event matters to the rules.
struct EventSight {
    /// Which condition is fulfilled in which frame.
    var hits = HitList()
    /// Which path that somebody wants empty has a leaf in which frame.
    var leaves = HitList()
    var frames = FrameTable()
}

/// Follows the walk over an event, and looks at the leaves that rules ask for.
struct EventScan: JSONVisitor {
    private struct Level {
        /// The node for what is in a list; for an object, the one that its keys begin at.
        let node: Int32
        let frame: Int32
        /// The number of the list, if it matters which of its elements it is; below zero otherwise.
        let list: Int32
        let ownsFrame: Bool
    }

    private let paths: PathTree.View
    private let leaves: LeafIndex
    private let bytes: UnsafeBufferPointer<UInt8>
    private var levels: [Level] = []
    /// The node of the value that comes; below zero where no rule asks for anything.
    private var node: Int32 = 0
    private var frame: Int32 = 0
    private var list: Int32 = -1
    private var sight = EventSight()
    private var decoded: [UInt8] = []
    private(set) var isObject = false

    init(paths: PathTree.View, leaves: LeafIndex, bytes: UnsafeBufferPointer<UInt8>) {
        self.paths = paths
        self.leaves = leaves
        self.bytes = bytes
        levels.reserveCapacity(16)
    }

    consuming func finished() -> EventSight {
        sight.hits.sort()
        sight.leaves.sort()
        return sight
    }

    // MARK: Levels

    mutating func objectBegan(at offset: Int) {
        if levels.isEmpty { isObject = true }
        begin(node: node, list: -1)
    }

    mutating func listBegan(at offset: Int) {
        // Which element it is matters only to two paths and more.
        var list: Int32 = -1
        if node >= 0 {
            let own = paths.nodes[Int(node)]
            if own.pathCount > 1 { list = -2 - own.lastPath }
        }
        begin(node: node, list: list)
    }

    /// - Parameter list: Below -1 for a list that is to be numbered: what it is below -2 is its last path.
    @inline(__always)
    private mutating func begin(node: Int32, list: Int32) {
        var inner = frame
        let ownsFrame = self.list >= 0
        if ownsFrame { inner = sight.frames.beginFrame(in: frame, of: self.list) }
        let number = list < -1 ? sight.frames.beginList(lastPath: -2 - list) : -1
        levels.append(Level(node: node, frame: inner, list: number, ownsFrame: ownsFrame))
        frame = inner
        self.list = number
    }

    mutating func objectEnded(at end: Int) { endLevel() }

    mutating func listEnded(at end: Int) { endLevel() }

    @inline(__always)
    private mutating func endLevel() {
        let level = levels.removeLast()
        if level.list >= 0 { sight.frames.endList(level.list) }
        if level.ownsFrame { sight.frames.endFrame(level.frame) }
        guard let outer = levels.last else { return }
        (node, frame, list) = (outer.node, outer.frame, outer.list)
    }

    @inline(__always)
    mutating func passed(key: JSONString) {
        guard let level = levels.last, level.node >= 0 else {
            node = -1
            return
        }
        let text = UnsafeBufferPointer(rebasing: bytes[key.start..<key.end])
        guard key.hasEscapes else {
            node = paths.child(of: level.node, text)
            return
        }
        decode(text)
        node = decoded.withUnsafeBufferPointer { paths.child(of: level.node, $0) }
    }

    private mutating func decode(_ text: UnsafeBufferPointer<UInt8>) {
        decoded.removeAll(keepingCapacity: true)
        JSONEscapes.decode(text, into: &decoded)
    }

    // MARK: Leaves

    /// The path that rules ask for and that a leaf is at; below zero if it is at none.
    @inline(__always)
    private var path: Int32 { node < 0 ? -1 : paths.nodes[Int(node)].path }

    @inline(__always)
    mutating func passed(string: JSONString) {
        let path = path
        guard path >= 0 else { return }
        notePresence(path)
        let text = UnsafeBufferPointer(rebasing: bytes[string.start..<string.end])
        guard string.hasEscapes else {
            leaves.find(text, at: path, in: frame, &sight.hits)
            return
        }
        decode(text)
        decoded.withUnsafeBufferPointer { leaves.find($0, at: path, in: frame, &sight.hits) }
    }

    @inline(__always)
    mutating func passed(number: Range<Int>) {
        let path = path
        guard path >= 0 else { return }
        notePresence(path)
        leaves.find(number: UnsafeBufferPointer(rebasing: bytes[number]), at: path, in: frame, &sight.hits)
    }

    @inline(__always)
    mutating func passed(word: JSONWord, at offset: Int) {
        let path = path
        guard path >= 0 else { return }
        notePresence(path)
        leaves.find(word, at: path, in: frame, &sight.hits)
    }

    private mutating func notePresence(_ path: Int32) {
        if leaves.hasAbsence(path) { sight.leaves.add(path, frame: frame) }
    }
}
