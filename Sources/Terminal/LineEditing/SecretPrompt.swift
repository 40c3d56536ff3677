internal import Glibc

/// Asks for a password on a terminal: what is typed is not shown.
package enum SecretPrompt {
    package enum Answer: Sendable {
        case text(String)
        case interrupted
        /// Nobody can be asked, or the input ended.
        case none
    }

    /// Blocks until the answer is there.
    /// - Parameters:
    ///   - input: The terminal that is typed on.
    ///   - output: Where the question goes; standard error, so that results can be piped.
    package static func ask(
        _ question: String, input: Int32 = STDIN_FILENO, output: Int32 = STDERR_FILENO
    ) -> Answer {
        guard let mode = RawMode(file: input, output: output) else { return .none }
        writeAll(question, to: output)
        let answer = read(input)
        mode.leave()
        writeAll("\n", to: output)
        return answer
    }

    private static func read(_ input: Int32) -> Answer {
        var decoder = KeyDecoder()
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 256)
        while true {
            let count = Glibc.read(input, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return .none }
            for key in decoder.decode(buffer[..<count]) {
                switch key {
                case .text(let typed): text += typed
                case .paste(let pasted): text += pasted.filter { !$0.isNewline }
                case .backspace: _ = text.popLast()
                case .deleteToStart: text = ""
                case .enter: return .text(text)
                case .interrupt: return .interrupted
                case .endOfInput where text.isEmpty: return .none
                default: break
                }
            }
        }
    }
}
