// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Elements in the order in which they came, to be taken from the front and read anywhere.
///
/// They lie in chunks that never move: an array that doubles would copy a million elements while everybody waits. Appending,
/// taking and reading cost the same however many there are.
struct ChunkedQueue<Element: Sendable>: Sendable {
    private typealias Chunk = ContiguousArray<Element?>

    private static var chunkSize: Int { 256 }

    /// The first ones may be empty: they are removed together.
    private var chunks: ContiguousArray<Chunk> = []
    /// Where the first element is, in places from the first chunk on.
    private var start = 0
    /// How many there are.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    var first: Element? { count == 0 ? nil : self[0] }

    /// The element that so many came before.
    subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count, "there are only \(count) elements")
        let place = start + index
        return chunks[place / Self.chunkSize][place % Self.chunkSize]!
    }

    /// Looks at an element where it lies, without a copy of what it holds.
    @inline(__always)
    func read<Result>(_ index: Int, _ body: (borrowing Element) -> Result) -> Result {
        precondition(index >= 0 && index < count, "there are only \(count) elements")
        let place = start + index
        return chunks[place / Self.chunkSize].withUnsafeBufferPointer { body($0[place % Self.chunkSize]!) }
    }

    mutating func append(_ element: Element) {
        let place = start + count
        if place / Self.chunkSize == chunks.count {
            var chunk = Chunk()
            chunk.reserveCapacity(Self.chunkSize)
            chunks.append(chunk)
        }
        chunks[place / Self.chunkSize].append(element)
        count += 1
    }

    /// Takes out the first; what it holds is let go at once, before its chunk.
    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = chunks[start / Self.chunkSize][start % Self.chunkSize].take()
        start += 1
        count -= 1
        if start % Self.chunkSize == 0 { leaveChunk() }
        return element
    }

    /// How many from the front on `isBefore` holds for, which it does for none behind one it does not hold for.
    func count(while isBefore: (borrowing Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if read(middle, isBefore) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func leaveChunk() {
        let left = start / Self.chunkSize
        chunks[left - 1] = []
        // Each chunk is moved forward once for one that is left, at most.
        guard left * 2 >= chunks.count else { return }
        chunks.removeFirst(left)
        start = 0
    }
}
