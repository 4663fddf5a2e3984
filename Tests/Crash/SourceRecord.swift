// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHostTriggers

/// What processes have said of the stream and the queue of one file, and what is wrong with what they left.
struct SourceRecord {
    /// A record or a message: a key or a group, and its number there.
    struct Item: Hashable {
        let key: String
        let number: Int
    }

    private struct Delivery {
        let item: Item
        let shard: String
        let sequence: SequenceNumber
    }

    private enum StreamLine {
        case delivered(Delivery)
        case kept(shard: String, SequenceNumber?)
    }

    private var puts: [Item: SequenceNumber] = [:]
    private var putIntents: Set<Item> = []
    private var streamLines: [StreamLine] = []
    private var sends: Set<Item> = []
    private var sendIntents: Set<Item> = []
    private var deleteIntents: Set<Item> = []
    private var deletes: Set<Item> = []
    private var lastReceived: [String: Int] = [:]
    /// What was wrong with what was said already.
    private(set) var faults: [String] = []

    private(set) var deliveries = 0
    private(set) var repeated = 0
    private(set) var checkpoints = 0
    var acknowledgedPuts: Int { puts.count }
    var acknowledgedSends: Int { sends.count }
    var acknowledgedDeletes: Int { deletes.count }

    mutating func hear(_ line: some StringProtocol) {
        let words = line.split(separator: " " as Character).map { String($0) }
        guard words.count >= 3 else { return }
        if words[0] == "C" {
            checkpoints += 1
            return streamLines.append(.kept(shard: words[1], SequenceNumber(words[2])))
        }
        guard let number = Int(words[2]) else { return faults.append("what does “\(line)” mean?") }
        let item = Item(key: words[1], number: number)
        switch words[0] {
        case "p": putIntents.insert(item)
        case "s": sendIntents.insert(item)
        case "S": sends.insert(item)
        case "m": received(item)
        case "x": deleteIntents.insert(item)
        case "X": if !deletes.insert(item).inserted { faults.append("\(item) was deleted twice") }
        case "P", "h":
            guard words.count == 5, let sequence = SequenceNumber(words[4]) else { return }
            if words[0] == "P" {
                puts[item] = sequence
            } else {
                deliveries += 1
                streamLines.append(.delivered(Delivery(item: item, shard: words[3], sequence: sequence)))
            }
        default: faults.append("what does “\(line)” mean?")
        }
    }

    private mutating func received(_ item: Item) {
        deliveries += 1
        if deletes.contains(item) { faults.append("\(item) was deleted, and came again") }
        let last = lastReceived[item.key] ?? 0
        if item.number > last { lastReceived[item.key] = item.number } else { repeated += 1 }
    }

    // MARK: - Judgement

    /// What is wrong, by what the file has: the records of each shard in order, and the messages.
    mutating func judge(records: [String: [(item: Item, sequence: SequenceNumber)]], messages: Set<Item>) -> [String] {
        judgeRecords(records)
        judgeDeliveries(records)
        for item in sends where !messages.contains(item) && !deleteIntents.contains(item) {
            faults.append("the message \(item) was sent, and is gone")
        }
        for item in messages {
            if deletes.contains(item) { faults.append("the message \(item) was deleted, and is there") }
            if !sendIntents.contains(item) { faults.append("the message \(item) was never sent") }
        }
        return faults
    }

    private mutating func judgeRecords(_ records: [String: [(item: Item, sequence: SequenceNumber)]]) {
        var found: [Item: SequenceNumber] = [:]
        for (item, sequence) in records.values.joined() {
            if found.updateValue(sequence, forKey: item) != nil { faults.append("the record \(item) is there twice") }
            if !putIntents.contains(item) { faults.append("the record \(item) was never put") }
        }
        for (item, sequence) in puts where found[item] != sequence {
            faults.append(
                "the record \(item) was put at \(sequence), and \(found[item].map { "is at \($0)" } ?? "is gone")")
        }
        let byKey = Dictionary(grouping: found, by: \.key.key)
        for (key, records) in byKey {
            let numbers = records.sorted { $0.value < $1.value }.map(\.key.number)
            if zip(numbers, numbers.dropFirst()).contains(where: { $0 >= $1 }) { faults.append("the order of \(key)") }
        }
    }

    /// Goes through what was said in order, of each shard how far it was given to functions without a gap.
    private mutating func judgeDeliveries(_ records: [String: [(item: Item, sequence: SequenceNumber)]]) {
        var given: [String: Int] = [:]
        var kept: [String: SequenceNumber] = [:]
        var finished: Set<String> = []
        var last: [String: Int] = [:]
        for line in streamLines {
            switch line {
            case .delivered(let delivery):
                let (shard, all) = (delivery.shard, records[delivery.shard] ?? [])
                if let kept = kept[shard], delivery.sequence <= kept {
                    faults.append("\(delivery.item) came again behind the checkpoint \(kept) of \(shard)")
                }
                if finished.contains(shard) { faults.append("\(delivery.item) came though \(shard) was finished") }
                let place = given[shard] ?? 0
                if place < all.count, all[place].sequence == delivery.sequence {
                    given[shard] = place + 1
                    // For the first time: in order for its key, whatever the shards.
                    let before = last.updateValue(delivery.item.number, forKey: delivery.item.key) ?? 0
                    if before >= delivery.item.number { faults.append("\(delivery.item) came out of order") }
                } else if place == 0 || all[place - 1].sequence < delivery.sequence {
                    faults.append("something before \(delivery.item) was passed over in \(shard)")
                } else {
                    repeated += 1
                }
            case .kept(let shard, let number):
                let (place, all) = (given[shard] ?? 0, records[shard] ?? [])
                if let number {
                    kept[shard] = number
                    if place < all.count, all[place].sequence <= number {
                        faults.append("the checkpoint \(number) of \(shard) is before what was given")
                    }
                } else {
                    finished.insert(shard)
                    if place < all.count { faults.append("\(shard) was finished, and had more") }
                }
            }
        }
    }
}
