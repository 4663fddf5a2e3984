// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostSQLite
import FunctionHostTriggers
import FunctionHostTriggersSQLite

/// How many items a second are put into a table in a file, one at a time, each as safe as a store's events are.
func measureDurableTable(_ arguments: Arguments) async throws -> Bool {
    let directory = ScratchFiles()
    let store = try SQLiteStore(path: directory.file("store.db"))
    print("\ntable in a file: items of 200 bytes put one at a time, of 10,000 keys")
    for (name, view) in [("carts", nil), ("followed", TableChangeView.newAndOldImages)] {
        var configuration = SQLiteTable.Configuration()
        (configuration.changeLimit, configuration.changeByteLimit) = (100_000_000, 1 << 40)
        let table = try await SQLiteTable(
            name, partitionKey: .string("id"), changes: view, configuration: configuration, in: store)
        for callers in [1, 100] {
            var best = 0.0
            for round in 0..<3 {
                best = max(best, try await rate(of: table, callers: callers, round))
            }
            let kept = view == nil ? "no changes kept" : "both images kept"
            print("  \(Int(best)) per second  (reported)  \(kept), callers: \(callers)")
        }
    }
    await store.close()
    return true
}

private func rate(of table: SQLiteTable, callers: Int, _ round: Int) async throws -> Double {
    let each = (callers == 1 ? 500 : 10_000) / callers
    let note = AttributeValue.string(String(repeating: "x", count: 150))
    let began = ContinuousClock.now
    try await withThrowingDiscardingTaskGroup { group in
        for caller in 0..<callers {
            group.addTask {
                for number in 0..<each {
                    let key = (caller * each + number) * 7 % 10_000
                    try await table.put([
                        "id": .string("user-\(key)"), "note": note, "round": .number(try TableNumber(round)),
                        "total": .number(try TableNumber(number)),
                    ])
                }
            }
        }
    }
    return Double(each * callers) / ((ContinuousClock.now - began).nanoseconds / 1e9)
}
