// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

/// A request, as much of HTTP/1.1 as this example understands: a head, and a body whose length is known beforehand.
struct HTTPRequest: Sendable {
    let method: String
    let path: String
    let body: [UInt8]
}

/// A response, after which the connection is closed.
struct HTTPResponse: Sendable {
    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []

    static func text(_ status: Int, _ text: String) -> Self {
        Self(status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array("\(text)\n".utf8))
    }

    var bytes: [UInt8] {
        let fields = headers + [("Content-Length", "\(body.count)"), ("Connection", "close")]
        let lines =
            ["HTTP/1.1 \(status) \(Self.reasons[status] ?? "Status")"] + fields.map { "\($0.name): \($0.value)" }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    }

    private static let reasons = [
        200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout",
        411: "Length Required", 413: "Content Too Large", 429: "Too Many Requests",
        431: "Request Header Fields Too Large",
        500: "Internal Server Error", 503: "Service Unavailable", 504: "Gateway Timeout",
    ]
}

/// The lines before the body.
struct HTTPHead {
    let method: String
    let path: String
    /// How many bytes the body has; nil if that is not said in a way this example understands.
    let bodyLength: Int?

    /// Reads a head without its empty line; nil if it is none.
    init?(_ bytes: some Collection<UInt8>) {
        let text = String(decoding: bytes, as: UTF8.self)
        var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)[...]
        let words = lines.popFirst()?.split(separator: " ", omittingEmptySubsequences: false) ?? []
        guard words.count == 3, words[1].hasPrefix("/"), words[2].hasPrefix("HTTP/1.") else { return nil }
        method = String(words[0])
        path = String(words[1].prefix { $0 != "?" })
        var lengths: [String] = []
        var isCoded = false
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].filter { $0 != " " && $0 != "\t" }
            switch line[..<colon].lowercased() {
            case "content-length": lengths.append(value)
            case "transfer-encoding": isCoded = true
            default: break
            }
        }
        let length = lengths.isEmpty ? 0 : lengths[0].allSatisfy(\.isNumber) ? Int(lengths[0]) : nil
        bodyLength = isCoded || lengths.count > 1 ? nil : length
    }
}
