import FoundationEssentials
import Testing

/// Compares a text with the file of that name in the folder `Snapshots` beside the test's source file.
///
/// With `UPDATE_SNAPSHOTS=1` in the environment the file is rewritten instead.
package func expectSnapshot(
  _ actual: String,
  named name: String,
  file: String = #filePath,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let url = URL(filePath: file).deletingLastPathComponent().appending(path: "Snapshots").appending(path: name)
  if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
    try Data(actual.utf8).write(to: url)
    return
  }
  guard let data = try? Data(contentsOf: url) else {
    Issue.record("there is no snapshot '\(name)': run with UPDATE_SNAPSHOTS=1", sourceLocation: sourceLocation)
    return
  }
  let expected = String(decoding: data, as: UTF8.self)
  if actual == expected { return }
  let (have, want) = (lines(of: actual), lines(of: expected))
  let index = zip(have, want).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(have.count, want.count)
  Issue.record(
    """
    '\(name)' differs from its snapshot in line \(index + 1) (UPDATE_SNAPSHOTS=1 rewrites it)
    snapshot: \(index < want.count ? want[index] : "(end)")
    actual:   \(index < have.count ? have[index] : "(end)")
    """,
    sourceLocation: sourceLocation
  )
}

private func lines(of text: String) -> [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
