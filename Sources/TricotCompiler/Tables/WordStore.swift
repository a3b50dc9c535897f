import Diagnostics

/// The words computed so far, on disk, with what they were computed from: an interrupted run goes on from them.
///
/// After a line with the identity of model, specification and Tricot's version, the file holds chunks of words, each with a
/// checksum over identity, place and words. Whatever does not check is computed again.
final class WordStore {
  private static let magic = "tricot-words 2 "
  private static let digestSize = 32

  private let file: AppendedFile
  private let header: [UInt8]
  private let chunk: Int
  /// Words that are there.
  private(set) var count = 0

  /// - Parameters:
  ///   - identity: of everything that decides the words.
  ///   - chunk: words that are saved at once.
  ///   - replacing: whether the work of another run may be thrown away.
  init(path: String, identity: String, chunk: Int, replacing: Bool) throws {
    self.chunk = chunk
    header = Array((Self.magic + identity + "\n").utf8)
    file = try AppendedFile(path, keeping: true)
    guard file.lock() else {
      throw Diagnostic.error(
        "output-in-use",
        "another run is writing this table",
        at: Origin(file: path),
        hint: "wait for it, or choose another folder with \(option: .output)"
      )
    }
    let found = try file.bytes(at: 0, count: header.count)
    if found == header {
      try keepWhatChecks()
    } else {
      // A header that broke off is our own beginning.
      guard header.starts(with: found) || replacing && found.starts(with: Self.magic.utf8) else {
        throw Self.foreign(path, isOurs: found.starts(with: Self.magic.utf8))
      }
      try file.truncate(to: 0)
      try file.append(header)
    }
  }

  /// Saves the next chunk.
  func append(_ words: [UInt32]) throws {
    precondition(words.count == chunk, "whole chunks are saved")
    let bytes = words.withUnsafeBytes { Array($0) }
    try file.append(bytes + digest(bytes, chunk: count / chunk))
    count += chunk
  }

  func words(from first: Int, count: Int) throws -> [UInt32] {
    var words: [UInt32] = []
    words.reserveCapacity(count)
    var place = first
    while place < first + count {
      let part = min(chunk - place % chunk, first + count - place)
      let bytes = try file.bytes(at: start(ofChunk: place / chunk) + 4 * (place % chunk), count: 4 * part)
      precondition(bytes.count == 4 * part, "words are read that have been saved")
      bytes.withUnsafeBytes { raw in
        for index in 0..<part { words.append(raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)) }
      }
      place += part
    }
    return words
  }

  func remove() throws { try file.remove() }

  private func keepWhatChecks() throws {
    let bytes = 4 * chunk
    while true {
      let index = count / chunk
      let saved = try file.bytes(at: start(ofChunk: index), count: bytes + Self.digestSize)
      guard saved.count == bytes + Self.digestSize,
        Array(saved[bytes...]) == digest(Array(saved[..<bytes]), chunk: index)
      else { break }
      count += chunk
    }
    try file.truncate(to: start(ofChunk: count / chunk))
  }

  private func start(ofChunk index: Int) -> Int { header.count + index * (4 * chunk + Self.digestSize) }

  private func digest(_ bytes: [UInt8], chunk index: Int) -> [UInt8] {
    var hash = RunningHash()
    hash.add(header)
    hash.add(Array("\(index) \(chunk)\n".utf8))
    hash.add(bytes)
    return hash.digest()
  }

  private static func foreign(_ path: String, isOurs: Bool) -> Diagnostic {
    Diagnostic.error(
      "foreign-work-file",
      isOurs
        ? "an interrupted run for another model, specification or version of Tricot left its work here"
        : "this is no work file of Tricot's",
      at: Origin(file: path),
      hint: isOurs
        ? "add \(option: .force) to start anew, or choose another folder with \(option: .output)"
        : "choose another folder with \(option: .output)"
    )
  }
}
