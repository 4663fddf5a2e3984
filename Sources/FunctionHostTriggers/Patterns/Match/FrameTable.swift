// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// The elements of lists that leaves of an event can be in, as far as it matters to rules which of them that is.
///
/// A frame is an element that is an object or a list, of a list under whose path rules have two paths at least. A leaf is in its
/// innermost frame, which says all the others: they are numbered as they begin, so a frame and all within are a range. Frame 0 is
/// the event.
struct FrameTable {
    struct Frame {
        let parent: Int32
        let list: Int32
        /// After the last frame within.
        var end: Int32 = 0
    }

    struct List {
        /// Its first frame.
        let start: Int32
        /// After its last one.
        var end: Int32 = 0
        /// The last path that rules have under it.
        let lastPath: Int32
    }

    private(set) var frames: [Frame] = []
    private(set) var lists: [List] = []

    /// Whether there is any frame but the event.
    var isEmpty: Bool { frames.isEmpty }

    private var next: Int32 { Int32(frames.count + 1) }

    mutating func beginList(lastPath: Int32) -> Int32 {
        lists.append(List(start: next, lastPath: lastPath))
        return Int32(lists.count - 1)
    }

    mutating func endList(_ list: Int32) { lists[Int(list)].end = next }

    mutating func beginFrame(in parent: Int32, of list: Int32) -> Int32 {
        frames.append(Frame(parent: parent, list: list))
        return Int32(frames.count)
    }

    mutating func endFrame(_ frame: Int32) { frames[Int(frame - 1)].end = next }

    func parent(of frame: Int32) -> Int32 { frames[Int(frame - 1)].parent }
    func list(of frame: Int32) -> List { lists[Int(frames[Int(frame - 1)].list)] }
    func listNumber(of frame: Int32) -> Int32 { frames[Int(frame - 1)].list }
    func end(of frame: Int32) -> Int32 { frame == 0 ? next : frames[Int(frame - 1)].end }

    /// Whether `inner` is `outer` or within it.
    func isIn(_ outer: Int32, _ inner: Int32) -> Bool { outer <= inner && inner < end(of: outer) }

    /// Whether leaves in these frames may be used together: they are not in different elements of the same list.
    func agree(_ one: Int32, _ other: Int32) -> Bool {
        var common = one
        var below = one
        while !isIn(common, other) {
            below = common
            common = parent(of: common)
        }
        guard common != one, common != other else { return true }
        var otherBelow = other
        while parent(of: otherBelow) != common { otherBelow = parent(of: otherBelow) }
        return listNumber(of: below) != listNumber(of: otherBelow)
    }

    /// The innermost frame around `frame` that paths behind `path` can be under too: what is further in matters no more.
    func outlasting(_ path: Int32, _ frame: Int32) -> Int32 {
        var frame = frame
        while frame != 0, list(of: frame).lastPath <= path { frame = parent(of: frame) }
        return frame
    }

    /// The ranges of the frames that agree with `frame`, in ascending order.
    func agreeing(with frame: Int32) -> [Range<Int32>] {
        var before: [Range<Int32>] = []
        var after: [Range<Int32>] = []
        // From the inside out: of each list around it, only the one element.
        before.append(frame..<end(of: frame))
        var inner = frame
        while inner != 0 {
            let outer = parent(of: inner)
            let list = list(of: inner)
            before.append(outer..<list.start)
            after.append(list.end..<end(of: outer))
            inner = outer
        }
        return before.reversed() + after
    }
}
