// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// Which condition was fulfilled in which frame, or which path has a leaf in which: pairs, the same one kept once.
struct HitList {
    private(set) var pairs: [UInt64] = []
    /// When the same pairs are looked for next, so that many equal leaves do not fill the memory.
    private var threshold = 4_096

    @inline(__always)
    mutating func add(_ number: Int32, frame: Int32) {
        pairs.append(UInt64(UInt32(bitPattern: number)) << 32 | UInt64(UInt32(bitPattern: frame)))
        if pairs.count >= threshold {
            sort()
            threshold = max(4_096, pairs.count * 2)
        }
    }

    /// Puts the pairs in order, by number and then by frame.
    mutating func sort() {
        if pairs.count > 1 {
            if pairs.count < 24 { insertionSort() } else { pairs.sort() }
            var kept = 1
            for index in 1..<pairs.count where pairs[index] != pairs[kept - 1] {
                pairs[kept] = pairs[index]
                kept += 1
            }
            pairs.removeLast(pairs.count - kept)
        }
    }

    /// An event seldom has more hits than this is good for.
    private mutating func insertionSort() {
        for index in 1..<pairs.count {
            let pair = pairs[index]
            var place = index
            while place > 0, pairs[place - 1] > pair {
                pairs[place] = pairs[place - 1]
                place -= 1
            }
            pairs[place] = pair
        }
    }

    @inline(__always)
    func number(_ index: Int) -> Int32 { Int32(truncatingIfNeeded: pairs[index] >> 32) }

    @inline(__always)
    func frame(_ index: Int) -> Int32 { Int32(truncatingIfNeeded: pairs[index]) }

    /// The pairs with `number`; the list must be in order.
    func range(of number: Int32) -> Range<Int> {
        let low = UInt64(UInt32(bitPattern: number)) << 32
        let start = lowerBound(low, in: 0..<pairs.count)
        guard start < pairs.count, self.number(start) == number else { return start..<start }
        var end = start + 1
        if end < pairs.count, self.number(end) == number { end = lowerBound(low + 1 << 32, in: end..<pairs.count) }
        return start..<end
    }

    /// The first index in `range` whose pair is not below `pair`.
    func lowerBound(_ pair: UInt64, in range: Range<Int>) -> Int {
        var (low, high) = (range.lowerBound, range.upperBound)
        while low < high {
            let middle = (low + high) / 2
            if pairs[middle] < pair { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
