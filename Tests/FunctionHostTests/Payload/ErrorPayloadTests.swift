// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost
import Testing

@Suite struct ErrorPayloadTests {
    private struct Wire: Decodable, Equatable {
        let errorType: String
        let errorMessage: String
    }

    @Test("An error is told as Lambda tells it, by type and description")
    func shape() {
        #expect(
            String(decoding: ErrorPayload(Boom()).json, as: UTF8.self)
                == #"{"errorType":"Boom","errorMessage":"Boom()"}"#)
    }

    @Test(
        "Any text is escaped so that it is read as it was",
        arguments: [
            "", "plain", #"a "quoted" \ word"#, "line\nbreak\r\n\ttab", "\u{0}\u{1}\u{8}\u{C}\u{1F}\u{7F}", "\r\n",
            "é 😀 \u{2028}", "e\u{301}", "</script>", "\u{FEFF}x",
        ])
    func escaping(text: String) throws {
        let json = ErrorPayload(type: text, message: text).json
        let read = try JSONPayloadCoder().decode(Wire.self, from: json)
        #expect(Array(read.errorType.unicodeScalars) == Array(text.unicodeScalars))
        #expect(Array(read.errorMessage.unicodeScalars) == Array(text.unicodeScalars))
        #expect(json.allSatisfy { $0 >= 0x20 })
    }
}
