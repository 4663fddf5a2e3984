// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// What a feed puts its elements into.
struct FeedSink<Element: Sendable>: Sendable {
    /// Puts some of the elements, from the first one on, and returns how many.
    ///
    /// Throws ``FeedRefusal`` if the first one cannot be put at all, and anything else if it cannot be for now.
    let put: @Sendable (ArraySlice<Element>) async throws -> Int
}

/// An element that cannot be put, whatever happens.
struct FeedRefusal: Error {
    let reason: String
}

extension FeedSink {
    /// A stream: as many at once as can be.
    init(_ stream: some RecordSink, entry: @escaping @Sendable (Element) throws -> RecordEntry) {
        self.init { elements in
            var entries: [RecordEntry] = []
            for element in elements {
                do {
                    entries.append(try entry(element))
                } catch {
                    if entries.isEmpty { throw FeedRefusal(reason: "\(error)") }
                    break
                }
            }
            do {
                try await stream.put(entries)
                return entries.count
            } catch let error as SourceError where error.code == .invalidArgument {
                // All or none: whether it is the first one's fault shows when it is alone.
                if entries.count == 1 { throw FeedRefusal(reason: error.reason) }
                do {
                    try await stream.put([entries[0]])
                    return 1
                } catch let error as SourceError where error.code == .invalidArgument {
                    throw FeedRefusal(reason: error.reason)
                }
            }
        }
    }

    /// A queue: one after another.
    init(_ queue: some MessageSink, entry: @escaping @Sendable (Element) throws -> MessageEntry) {
        self.init { elements in
            guard let element = elements.first else { return 0 }
            let message: MessageEntry
            do {
                message = try entry(element)
            } catch { throw FeedRefusal(reason: "\(error)") }
            do {
                try await queue.send(message)
                return 1
            } catch let error as SourceError where error.code == .invalidArgument {
                throw FeedRefusal(reason: error.reason)
            }
        }
    }
}
