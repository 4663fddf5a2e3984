// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

extension ObjectStore {
    /// The objects of the store in the order of the bytes of their keys, so many at a time.
    ///
    /// - Parameters:
    ///   - prefix: What keys begin with; nil or empty for all.
    ///   - delimiter: Keys that have it behind the prefix are told as one group, up to and with it.
    ///   - startAfter: Only keys and groups behind this one; what ``ObjectListing/next`` says, to go on.
    ///   - limit: How many objects and groups, 1 to 1,000.
    /// - Throws: ``ObjectError`` as `invalidArgument`, `full`, `denied` or `other`.
    /// - Complexity: Reads each directory that it comes by once for each 1,000 names in it. Of a directory of any size it holds
    ///   2,000 names at most.
    /// - Source: Amazon S3 API Reference, *ListObjectsV2*.
    public func list(
        prefix: String? = nil, delimiter: String? = nil, startAfter: String? = nil, limit: Int = 1_000
    ) async throws(ObjectError) -> ObjectListing {
        guard (1...1_000).contains(limit) else {
            throw ObjectError(.invalidArgument, reason: "limit is \(limit); it is from 1 to 1,000")
        }
        guard delimiter != "" else {
            throw ObjectError(.invalidArgument, reason: "the delimiter is empty; give it a character, or nil")
        }
        let request = ObjectLister.Request(
            prefix: Array((prefix ?? "").utf8), delimiter: delimiter.map { Array($0.utf8) },
            startAfter: Array((startAfter ?? "").utf8), limit: limit)
        return try await threads.perform { [root] () throws(ObjectError) in
            var lister = ObjectLister(root: root, request)
            return try lister.list()
        }
    }
}
