internal import FoundationEssentials
internal import LakeModel
internal import Project
internal import Terminal
internal import Transform

/// Results as JUnit XML, which every build server shows: a suite for each model.
struct JUnitReport {
    let text: String

    init(_ results: [ModelTestResult], elapsed: Duration) {
        var lines = ["<?xml version=\"1.0\" encoding=\"UTF-8\"?>"]
        let failed = results.count { !$0.passed }
        lines.append(
            "<testsuites name=\"tarn test\" tests=\"\(results.count)\" failures=\"\(failed)\" "
                + "time=\"\(seconds(elapsed))\">")
        for (model, tests) in Dictionary(grouping: results, by: \.test.model).sorted(by: { $0.key < $1.key })
        {
            let time = tests.reduce(Duration.zero) { $0 + $1.elapsed }
            lines.append(
                "  <testsuite name=\(quoted(model.description)) tests=\"\(tests.count)\" "
                    + "failures=\"\(tests.count { !$0.passed })\" time=\"\(seconds(time))\">")
            for result in tests {
                let start =
                    "    <testcase classname=\(quoted(model.description)) name=\(quoted(result.test.name)) "
                    + "file=\(quoted(result.test.place.file)) line=\"\(result.test.place.line)\" "
                    + "time=\"\(seconds(result.elapsed))\""
                guard !result.passed else {
                    lines.append(start + "/>")
                    continue
                }
                let explanation = result.explanation()
                let message =
                    if case .failed(let failure) = result.outcome { failure.problem } else {
                        explanation.last ?? ""
                    }
                lines.append(start + ">")
                lines.append(
                    "      <failure message=\(quoted(message))>\(escaped(explanation.joined(separator: "\n")))</failure>"
                )
                lines.append("    </testcase>")
            }
            lines.append("  </testsuite>")
        }
        lines.append("</testsuites>")
        text = lines.joined(separator: "\n") + "\n"
    }
}

private func seconds(_ duration: Duration) -> String {
    let milliseconds = Int((duration.seconds * 1000).rounded())
    return "\(milliseconds / 1000)." + String(String(1000 + milliseconds % 1000).dropFirst())
}

private func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

/// XML has no place for most control characters, however they are written.
private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "\n", "\t": result.unicodeScalars.append(scalar)
        case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): result += "\u{FFFD}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}
