// This source file is part of the FunctionHost project.
// SPDX-License-Identifier: Apache-2.0

import FunctionHost

/// What the outside is told of an error; the shape that Lambda's errors have.
private struct ErrorBody: Encodable {
    let errorType: String
    let errorMessage: String
}

extension FunctionHost {
    /// Answers a request: `POST /functions/NAME` invokes, `GET /health` tells whether to send more.
    func answer(_ request: HTTPRequest) async -> HTTPResponse {
        if request.path == "/health" {
            return .text(phase == .running ? 200 : 503, "\(phase)")
        }
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1] == "functions" else { return .text(404, "Try POST /functions/NAME.") }
        guard request.method == "POST" else {
            var response = HTTPResponse.text(405, "Functions are invoked with POST.")
            response.headers.append(("Allow", "POST"))
            return response
        }
        return await invoke(String(parts[2]), request.body)
    }

    private func invoke(_ name: String, _ payload: [UInt8]) async -> HTTPResponse {
        do {
            let result = try await invoke(named: name, payload: payload)
            var response = json(result.payload, status: result.status)
            response.headers.append(("X-Amzn-RequestId", "\(result.id)"))
            if let error = result.functionError { response.headers.append(("X-Amz-Function-Error", error)) }
            return response
        } catch let error as FunctionHostError {
            var response = json(describing: "\(error.code)", error.reason, status: error.status)
            if let seconds = error.retryAfter?.wholeSeconds {
                response.headers.append(("Retry-After", "\(seconds)"))
            }
            return response
        } catch {
            // Only the server's own cancellation is left: nobody waits for this.
            return json(describing: "cancelled", "the server was told to stop at once", status: 503)
        }
    }

    private func json(_ body: [UInt8], status: Int) -> HTTPResponse {
        HTTPResponse(status: status, headers: [("Content-Type", "application/json")], body: body)
    }

    private func json(describing type: String, _ message: String, status: Int) -> HTTPResponse {
        // Two strings always encode; were it otherwise, the status would still tell.
        json((try? coder.encode(ErrorBody(errorType: type, errorMessage: message))) ?? [], status: status)
    }
}

extension FunctionHostError {
    /// The status of an invocation that did not come to its handler, or not to its end.
    fileprivate var status: Int {
        switch code {
        case .notFound: 404
        case .payloadUndecodable: 400
        case .payloadTooLarge: 413
        case .throttled: 429
        case .shuttingDown, .interrupted, .notRunning: 503
        default: 500
        }
    }
}

extension InvocationResponse {
    /// 200, or what the function's failure is to an HTTP client. Lambda's own API says 200 and tells it in a header.
    fileprivate var status: Int {
        guard functionError != nil else { return 200 }
        switch (error as? FunctionHostError)?.code {
        case .timedOut, .initTimedOut: return 504
        // Whatever else the handler threw, another function's throttle perhaps, is not this client's affair.
        default: return 500
        }
    }
}

extension Duration {
    /// In seconds, rounded up, one at least: what `Retry-After` can say.
    fileprivate var wholeSeconds: Int64 {
        max(1, components.seconds + (components.attoseconds > 0 ? 1 : 0))
    }
}
