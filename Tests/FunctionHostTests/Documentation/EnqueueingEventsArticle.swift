// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import FunctionHostTesting
import Synchronization
import Testing

/// The code of the article *Enqueueing events*.
@Suite(.simulated(seeds: 0..<20)) struct EnqueueingEventsArticle {
    @Test func accepted() async throws {
        let host = FunctionHost(system: .simulated)
        let mail = Mail()
        let welcome = try host.register("welcome") { (user: User, _) in
            try await mail.send(to: user.address, "Welcome, \(user.name)")
        }
        try await host.run {
            let id = try await host.enqueue(welcome, with: User(name: "Ann", address: "ann@example.com"))
            print("accepted as \(id)")
            try await host.drain()
        }
        #expect(mail.sent == ["Welcome, Ann"])
    }

    @Test func options() async throws {
        let host = FunctionHost(system: .simulated)
        let (ann, bob) = (User(name: "Ann", address: ""), User(name: "Bob", address: ""))
        let (users, order, change) = ([ann, bob], 4_711, 17)
        let mail = Mail()
        let welcome = try host.register("welcome") { (user: User, _) in try await mail.send(to: "", user.name) }
        let remind = try host.register("remind") { (user: User, _) in try await mail.send(to: "", user.name) }
        let charge = try host.register("charge") { (_: Int, _) in }
        let apply = try host.register("apply") { (_: Int, _) in }
        try await host.enqueue(remind, with: ann, options: .init(delay: .seconds(86_400)))
        try await host.enqueue(remind, with: bob, options: .init(priority: .high))
        try await host.enqueue(charge, with: order, options: .init(idempotencyKey: "order-4711"))
        try await host.enqueue(apply, with: change, options: .init(orderingKey: "account-17"))
        let receipts = try await host.enqueue(welcome, batch: users)
        #expect(receipts.allSatisfy { !$0.isDuplicate })
        try await host.run { try await host.drain() }
        #expect(mail.sent.last == "Ann" && mail.sent.count == 4)
    }

    @Test func full() async throws {
        var configuration = FunctionHost.Configuration()
        configuration.queueCapacity = 1
        let host = FunctionHost(configuration: configuration, system: .simulated)
        let ann = User(name: "Ann", address: "")
        let welcome = try host.register("welcome") { (_: User, _) in }
        try await host.enqueue(welcome, with: ann)
        var isRefused = false
        var patient = EnqueueOptions()
        patient.saturation = .wait(atMost: .seconds(5))
        do {
            try await host.enqueue(welcome, with: ann, options: patient)
        } catch let error as FunctionHostError where error.code == .queueFull {
            print("come back in \(error.retryAfter ?? .seconds(1))")
            isRefused = true
        }
        #expect(isRefused)
    }

    struct User: Sendable {
        var name: String
        var address: String
    }

    final class Mail: Sendable {
        private let messages = Mutex<[String]>([])

        var sent: [String] { messages.withLock { $0 } }

        func send(to address: String, _ text: String) async throws { messages.withLock { $0.append(text) } }
    }
}
