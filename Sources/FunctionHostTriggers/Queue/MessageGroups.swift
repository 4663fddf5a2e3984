// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// The groups of a FIFO queue that have messages.
///
/// In the line are those that have a visible message and no invisible one, in the order in which they came to be so: a group
/// whose first message fails again and again does not keep others waiting.
struct MessageGroups: Sendable {
    struct Group: Sendable {
        var name: String
        /// All its messages, wherever they are.
        var count = 0
        /// Those that are invisible as they were received; delayed ones do not count.
        var invisible = 0
        fileprivate var visible = OrderedQueue()
        fileprivate var isInLine = false
    }

    var groups: ContiguousArray<Group> = []
    private var freeGroups: ContiguousArray<Int32> = []
    private var index: [String: Int32] = [:]
    private var links = OrderedLinks()
    private var line = OrderedQueue()

    /// The group that is next.
    var firstInLine: Int32? {
        let first = links.first(of: line)
        return first < 0 ? nil : first
    }

    /// The place of a group's first visible message.
    func first(of group: Int32, _ links: borrowing OrderedLinks) -> Int32? {
        let first = links.first(of: groups[Int(group)].visible)
        return first < 0 ? nil : first
    }

    /// Counts a message in; the group is made if it is not there.
    mutating func join(_ name: String) -> Int32 {
        if let group = index[name] {
            groups[Int(group)].count += 1
            return group
        }
        let group = freeGroups.popLast() ?? Int32(groups.count)
        if Int(group) == groups.count {
            groups.append(Group(name: name))
            links.grow(to: groups.count)
        }
        groups[Int(group)] = Group(name: name, count: 1)
        index[name] = group
        return group
    }

    /// Counts a message out; the group is forgotten with its last one.
    mutating func leave(_ group: Int32) {
        groups[Int(group)].count -= 1
        guard groups[Int(group)].count == 0 else { return }
        index[groups[Int(group)].name] = nil
        groups[Int(group)].name = ""
        freeGroups.append(group)
    }

    /// Puts a visible message where its number has it.
    mutating func show(_ place: Int32, number: UInt64, in group: Int32, _ links: inout OrderedLinks) {
        // The number stands for a time: it is what they are ordered by.
        links.insert(
            place, time: Timestamp(nanoseconds: Int64(number)), order: 0, into: &groups[Int(group)].visible)
    }

    /// Takes a message out that is not visible any more.
    mutating func hide(_ place: Int32, in group: Int32, _ links: inout OrderedLinks) {
        links.remove(place, from: &groups[Int(group)].visible)
    }

    /// Puts a group into the line or takes it out, as it has come to be; returns whether it is in it.
    mutating func refresh(_ group: Int32, at time: Timestamp, order: UInt32) -> Bool {
        let place = Int(group)
        let belongs = groups[place].invisible == 0 && !groups[place].visible.isEmpty
        guard belongs != groups[place].isInLine else { return belongs }
        groups[place].isInLine = belongs
        if belongs {
            links.insert(group, time: time, order: order, into: &line)
        } else {
            links.remove(group, from: &line)
        }
        return belongs
    }
}
