// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The paths that rules ask for, key by key, and what an event's walk has to know of each.
struct PathTree: Sendable {
    struct Node: Sendable {
        /// The number of the path that ends here; below zero if none does.
        var path: Int32 = -1
        /// How many paths end here or below.
        var pathCount: Int32 = 0
        /// The last of those.
        var lastPath: Int32 = -1
        /// The lengths of the keys below, a bit each, those of 63 and more in one.
        var lengths: UInt64 = 0
        /// Whether anything is below what is below: only then is a key with dots of interest.
        var hasGrandchildren = false
    }

    private let nodes: [Node]
    private let keys: ByteTable

    /// - Parameter paths: In ascending order; a path's number is its index.
    init(_ paths: [FieldPath]) {
        var nodes = [Node()]
        var children: [ByteTable.Key: Int32] = [:]
        for (number, path) in paths.enumerated() {
            var node = 0
            var above = -1
            for segment in path.segments {
                nodes[node].pathCount += 1
                nodes[node].lastPath = Int32(number)
                if above >= 0 { nodes[above].hasGrandchildren = true }
                above = node
                let key = ByteTable.Key(tag: Int32(node), bytes: Array(segment))
                if let child = children[key] {
                    node = Int(child)
                } else {
                    nodes[node].lengths |= Self.bit(forLength: segment.count)
                    node = nodes.count
                    children[key] = Int32(node)
                    nodes.append(Node())
                }
            }
            nodes[node].pathCount += 1
            nodes[node].lastPath = Int32(number)
            nodes[node].path = Int32(number)
        }
        self.nodes = nodes
        keys = ByteTable(children)
    }

    @inline(__always)
    fileprivate static func bit(forLength length: Int) -> UInt64 { 1 << UInt64(min(length, 63)) }

    /// Lends what an event's walk looks into.
    @inline(__always)
    func withView<Result, Failure: Error>(_ body: (View) throws(Failure) -> Result) throws(Failure) -> Result {
        try nodes.withUnsafeBufferPointer { nodes throws(Failure) in
            try keys.withView { keys throws(Failure) in try body(View(nodes: nodes, keys: keys)) }
        }
    }

    struct View {
        let nodes: UnsafeBufferPointer<Node>
        fileprivate let keys: ByteTable.View

        /// The node that `key` leads to from `node`; below zero if no rule asks for what is there.
        @inline(__always)
        func child(of node: Int32, _ key: UnsafeBufferPointer<UInt8>) -> Int32 {
            let parent = nodes[Int(node)]
            if parent.hasGrandchildren, Self.hasDot(key) { return descendant(of: node, key) }
            guard parent.lengths & PathTree.bit(forLength: key.count) != 0 else { return -1 }
            return keys.value(node, key)
        }

        @inline(__always)
        private static func hasDot(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
            for byte in key where byte == UInt8(ascii: ".") { return true }
            return false
        }

        /// A key with dots is as many keys.
        private func descendant(of start: Int32, _ key: UnsafeBufferPointer<UInt8>) -> Int32 {
            var node = start
            var first = 0
            for index in 0...key.count where index == key.count || key[index] == UInt8(ascii: ".") {
                node = keys.value(node, UnsafeBufferPointer(rebasing: key[first..<index]))
                guard node >= 0 else { return -1 }
                first = index + 1
            }
            return node
        }
    }
}
