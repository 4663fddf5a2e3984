// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// An item that a table keeps.
package struct KeptItem: Sendable {
    package var key: ItemKey
    package var item: AttributeMap
    /// As DynamoDB counts.
    package var size: Int

    package init(key: ItemKey, item: AttributeMap, size: Int) {
        self.key = key
        self.item = item
        self.size = size
    }
}

/// Items in the order of their keys.
///
/// They lie in chunks of some hundred: finding one costs the logarithm of how many there are, and putting or removing one moves
/// no more than its chunk and, for one of many, the list of chunks.
struct ItemTree: Sendable {
    /// Where an item is, or would be.
    struct Place: Sendable, Equatable {
        var chunk: Int
        var index: Int
    }

    private typealias Chunk = ContiguousArray<KeptItem>

    private static var chunkLimit: Int { 256 }

    /// None of them is empty.
    private var chunks: ContiguousArray<Chunk> = []
    private(set) var count = 0

    var start: Place { Place(chunk: 0, index: 0) }
    var end: Place { Place(chunk: chunks.count, index: 0) }

    subscript(place: Place) -> KeptItem { chunks[place.chunk][place.index] }

    /// The item of a key; nil if there is none.
    subscript(key: ItemKey) -> KeptItem? {
        let place = first { $0 < key }
        guard place != end, self[place].key == key else { return nil }
        return self[place]
    }

    func after(_ place: Place) -> Place {
        place.index + 1 < chunks[place.chunk].count
            ? Place(chunk: place.chunk, index: place.index + 1) : Place(chunk: place.chunk + 1, index: 0)
    }

    /// The place before; nil for the first.
    func before(_ place: Place) -> Place? {
        if place.index > 0 { return Place(chunk: place.chunk, index: place.index - 1) }
        return place.chunk > 0 ? Place(chunk: place.chunk - 1, index: chunks[place.chunk - 1].count - 1) : nil
    }

    /// The first place that `isBefore` does not hold for, which it does for none behind one it does not hold for.
    func first(after isBefore: (borrowing ItemKey) -> Bool) -> Place {
        // The last chunk whose first item is before it has the place, or ends right before it.
        var (low, high) = (0, chunks.count)
        while low < high {
            let middle = (low + high) / 2
            if isBefore(chunks[middle][0].key) { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return start }
        let chunk = low - 1
        var (first, last) = (1, chunks[chunk].count)
        while first < last {
            let middle = (first + last) / 2
            if isBefore(chunks[chunk][middle].key) { first = middle + 1 } else { last = middle }
        }
        return first < chunks[chunk].count ? Place(chunk: chunk, index: first) : Place(chunk: low, index: 0)
    }

    /// Keeps an item in place of the one that has its key, if there is one.
    mutating func put(_ kept: KeptItem) {
        let place = first { $0 < kept.key }
        if place != end, self[place].key == kept.key {
            chunks[place.chunk][place.index] = kept
            return
        }
        count += 1
        guard !chunks.isEmpty else { return chunks.append([kept]) }
        // Behind the end of a chunk rather than before the beginning of the next one: so a chunk fills in order.
        let chunk = place.index == 0 && place.chunk > 0 ? place.chunk - 1 : place.chunk
        chunks[chunk].insert(kept, at: chunk == place.chunk ? place.index : chunks[chunk].count)
        if chunks[chunk].count > Self.chunkLimit { split(chunk) }
    }

    private mutating func split(_ chunk: Int) {
        // What comes in order leaves full chunks behind.
        let keep = chunk == chunks.count - 1 ? Self.chunkLimit * 7 / 8 : Self.chunkLimit / 2
        chunks.insert(Chunk(chunks[chunk][keep...]), at: chunk + 1)
        chunks[chunk].removeLast(chunks[chunk].count - keep)
    }

    /// Forgets the item of a key.
    mutating func remove(_ key: ItemKey) {
        let place = first { $0 < key }
        guard place != end, self[place].key == key else { return }
        count -= 1
        chunks[place.chunk].remove(at: place.index)
        if chunks[place.chunk].isEmpty { return _ = chunks.remove(at: place.chunk) }
        // Two that fit in half of one become one, so that few items do not lie in many chunks.
        guard place.chunk + 1 < chunks.count,
            chunks[place.chunk].count + chunks[place.chunk + 1].count <= Self.chunkLimit / 2
        else { return }
        chunks[place.chunk] += chunks.remove(at: place.chunk + 1)
    }
}
