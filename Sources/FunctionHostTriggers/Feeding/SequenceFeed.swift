// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

public import FunctionHost

/// Puts what an asynchronous sequence yields into a stream or a queue, from where mappings take it, for as long as a host runs.
///
/// Made by `feed` of the host. A sequence cannot be told what became of its elements, and cannot be asked for one again: once it has
/// given one away, the stream or the queue is what keeps it. Elements that were taken and not yet put, ``buffer`` at most, are lost
/// with the process. Where there is no room in the sink, the sequence is not asked for more.
public final class SequenceFeed<Elements: AsyncSequence & Sendable>: HostService where Elements.Element: Sendable {
    /// How many elements are taken ahead of the sink.
    public static var buffer: Int { 100 }

    /// What it is called in events.
    public let name: String
    private let elements: Elements
    private let sink: FeedSink<Elements.Element>

    init(_ name: String, _ elements: Elements, _ sink: FeedSink<Elements.Element>) {
        self.name = name
        self.elements = elements
        self.sink = sink
    }

    /// Works until the sequence ends or the host shuts down; then the sequence's task is cancelled, and what it gave before is put.
    public func run(on host: FunctionHost) async {
        let handover = Handover<Elements.Element>(limit: Self.buffer)
        await withDiscardingTaskGroup { group in
            group.addTask {
                await self.read(into: handover, host)
                handover.end()
            }
            // In the service's own task, which a shutdown does not cancel at once: what was taken is put.
            await put(handover, host)
        }
    }

    // MARK: - Reading

    /// Reads until the sequence is over or the host is.
    private func read(into handover: Handover<Elements.Element>, _ host: FunctionHost) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    for try await element in self.elements { await handover.give(element) }
                    self.tell(.ended(reason: nil), host)
                } catch {
                    self.tell(.ended(reason: "\(error)"), host)
                }
            }
            group.addTask { await host.waitForShutdown() }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: - Putting

    private func put(_ handover: Handover<Elements.Element>, _ host: FunctionHost) async {
        while true {
            let elements = await handover.take()
            if elements.isEmpty { return }
            await put(elements[...], host)
        }
    }

    private func put(_ elements: ArraySlice<Elements.Element>, _ host: FunctionHost) async {
        let pause = ExponentialDelay(base: .milliseconds(10), maximum: .seconds(1), jitter: .none)
        var rest = elements
        var failures = 0
        while !rest.isEmpty {
            do {
                rest = rest.dropFirst(try await sink.put(rest))
                failures = 0
            } catch let refusal as FeedRefusal {
                tell(.refused(reason: refusal.reason), host)
                rest.removeFirst()
            } catch {
                failures += 1
                tell(.waits(elements: rest.count, reason: "\(error)"), host)
                guard await host.sleepUnlessShutDown(for: pause.after(failures)) else {
                    return tell(.lost(elements: rest.count, reason: "\(error)"), host)
                }
            }
        }
    }

    private func tell(_ kind: FeedEvent.Kind, _ host: FunctionHost) {
        host.tell(FeedEvent(serviceName: name, kind: kind))
    }
}
