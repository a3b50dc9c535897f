import DataFiles
import FoundationEssentials
import TestSupport
import Testing
import TricotCompiler

/// One small network, exported by six ways, is one firmware.
@Suite struct SameNetworkTests {
  static let files = ["same.h5", "same.keras", "same_torchscript.onnx", "same_dynamo.onnx", "same.pt2", "same.pb"]

  static func bytes(_ name: String) throws -> [UInt8] {
    let folder = SharedData.packageRoot.appending(path: "Tests/EndToEndTests/SameNetwork")
    return [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }

  private static func compilation(_ file: String) throws -> Compilation {
    var options = CompilationOptions(model: file)
    options.inputPrecision = "fixed<12,4>"
    return Compilation(options, files: [file: try bytes(file)])
  }

  @Test func `six exports compile to equal Verilog up to names`() throws {
    let designs = try Self.files.map { try CanonicalVerilog(Self.compilation($0).firmware()).tokens }
    #expect(designs[0].count > 5000)
    for (file, design) in zip(Self.files, designs) {
      let place = zip(design, designs[0]).enumerated().first { $0.element.0 != $0.element.1 }?.offset
      #expect(design == designs[0], "\(file) differs at token \(place ?? -1) of \(design.count)")
    }
  }

  @Test func `another weight is another Verilog`() throws {
    let file = "same.pb"
    var bytes = try Self.bytes(file)
    // The first number of the last kernel: 15 float32 numbers in a row.
    let numbers = try #require(bytes.firstRange(of: [0x22, 60]))
    bytes[numbers.upperBound + 3] ^= 0x80
    var options = CompilationOptions(model: file)
    options.inputPrecision = "fixed<12,4>"
    let changed = try CanonicalVerilog(Compilation(options, files: [file: bytes]).firmware()).tokens
    #expect(try changed != CanonicalVerilog(Self.compilation(file).firmware()).tokens)
  }

  @Test func `six exports compute the same numbers`() throws {
    let inputs = (0..<60).map { Double(($0 * 37) % 101) / 16 - 3 }
    let outputs = try Self.files.map { try Self.compilation($0).simulate(inputs, count: 10) }
    for output in outputs { #expect(output == outputs[0]) }
  }
}

/// Verilog without comments, its modules in the order in which they are first used, and its names as numbers in the order of their first
/// appearance.
struct CanonicalVerilog {
  private(set) var tokens: [String] = []

  init(_ firmware: Firmware) {
    var modules: [String: [String]] = [:]
    var used = Set<String>()
    for file in firmware.files where file.path.hasSuffix(".v") && file.path.hasPrefix("rtl") {
      let words = Self.words(String(decoding: file.bytes, as: UTF8.self))
      guard let start = words.firstIndex(of: "module"), start + 1 < words.count else { continue }
      modules[words[start + 1]] = words
    }
    for words in modules.values { used.formUnion(words.dropFirst(3).filter { modules[$0] != nil && $0 != words[1] }) }
    var open = modules.keys.filter { !used.contains($0) }.sorted()
    var placed = Set(open)
    var names: [String: Int] = [:]
    while !open.isEmpty {
      let words = modules[open.removeFirst()] ?? []
      for word in words {
        if modules[word] != nil, placed.insert(word).inserted { open.append(word) }
        guard word.first?.isLetter ?? false || word.first == "_" else {
          tokens.append(word)
          continue
        }
        let number = names[word] ?? names.count
        names[word] = number
        tokens.append("#\(number)")
      }
    }
  }

  private static func words(_ text: String) -> [String] {
    var words: [String] = []
    for line in text.split(separator: "\n") {
      let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
      var word = ""
      for character in code {
        if character.isLetter || character.isNumber || "_$'".contains(character) {
          word.append(character)
          continue
        }
        if !word.isEmpty { words.append(word) }
        word = ""
        if !character.isWhitespace { words.append(String(character)) }
      }
      if !word.isEmpty { words.append(word) }
    }
    return words
  }
}
