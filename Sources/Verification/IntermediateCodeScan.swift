import Diagnostics
import FirmwareFiles

/// Looks at what clang makes of a project's C++ for what hardware cannot do, and what tokens do not show.
package enum IntermediateCodeScan {
  /// Complaints about functions that the top function reaches; none is what there should be.
  package static func findings(
    in files: [ProjectFile],
    top: String,
    headers: ApTypes,
    limit: Duration = .seconds(600)
  ) async throws -> [String] {
    let build = try BuildFolder.temporary()
    let sources = files.filter { $0.path.hasPrefix("firmware/") }
    let unit = sources.filter { $0.path.hasSuffix(".cpp") }.map { "#include \"\($0.path)\"\n" }.joined()
    try build.write(sources + [ProjectFile(path: "unit.cpp", text: unit)])
    // Without assertions and exceptions, which belong to C simulation.
    let arguments = [
      "-std=c++14", "-O1", "-w", "-DNDEBUG", "-fno-exceptions", "-isystem", headers.folder, "-I.", "-S", "-emit-llvm",
      "unit.cpp", "-o", "unit.ll",
    ]
    let output = try await ExternalTool.clangxx.run(arguments, in: build.path, limit: limit)
    guard output.succeeded else {
      throw Diagnostic.error(
        "cpp-build-failed",
        "clang could not compile the C++",
        at: Origin(file: build.path),
        notes: output.firstErrors()
      )
    }
    let code = String(decoding: try build.read("unit.ll"), as: UTF8.self)
    build.discard()
    return IntermediateCode(code).findings(from: top)
  }
}

/// LLVM's intermediate code, as far as it is looked at.
struct IntermediateCode {
  struct Function {
    var callees: [String] = []
    var complaints: [String] = []
  }

  private(set) var functions: [String: Function] = [:]

  init(_ text: String) {
    var current: (name: String, function: Function)?
    for line in text.split(separator: "\n") {
      if line.hasPrefix("define ") {
        current = Self.symbol(in: line).map { ($0, Function()) }
      } else if line == "}" {
        if let (name, function) = current { functions[name] = function }
        current = nil
      } else if current != nil {
        current?.function.read(line)
      }
    }
  }

  /// The first name after an at sign, with or without quotes.
  static func symbol(in line: Substring) -> String? {
    guard let at = line.firstIndex(of: "@") else { return nil }
    let rest = line[line.index(after: at)...]
    if rest.hasPrefix("\"") { return String(rest.dropFirst().prefix { $0 != "\"" }) }
    return String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." || $0 == "$" })
  }

  /// The name that arguments follow.
  static func callee(in line: Substring) -> String? {
    var rest = line
    while let at = rest.firstIndex(of: "@") {
      rest = rest[at...]
      guard let name = symbol(in: rest) else { return nil }
      let quotes = rest.dropFirst().hasPrefix("\"") ? 2 : 0
      rest = rest.dropFirst(1 + name.count + quotes)
      if rest.hasPrefix("(") { return name }
    }
    return nil
  }

  /// Complaints about everything that functions whose names contain `top` reach.
  func findings(from top: String) -> [String] {
    let roots = functions.keys.filter { $0.contains(top) }.sorted()
    guard !roots.isEmpty else { return ["there is no function '\(top)'"] }
    var findings: [String] = []
    var seen: Set<String> = []
    func visit(_ name: String, _ path: [String]) {
      if path.contains(name) { findings.append("'\(name)' calls itself") }
      guard seen.insert(name).inserted, path.count < 1000, let function = functions[name] else { return }
      findings += function.complaints.map { "'\(name)': \($0)" }
      for callee in function.callees { visit(callee, path + [name]) }
    }
    for root in roots { visit(root, []) }
    return findings
  }
}

extension IntermediateCode.Function {
  private static let heap = ["malloc", "calloc", "realloc", "free", "_Znwm", "_Znam", "_ZdlPv", "_ZdaPv", "_ZdlPvm"]
  private static let floating = [
    "fadd", "fsub", "fmul", "fdiv", "frem", "fneg", "fcmp", "fptosi", "fptoui", "sitofp", "uitofp",
  ]

  mutating func read(_ line: Substring) {
    let words = line.split(separator: " ")
    if let word = words.first(where: { Self.floating.contains(String($0)) }) {
      complaints.append("floating point (\(word))")
    }
    guard words.contains(where: { $0 == "call" || $0 == "invoke" }) else { return }
    guard let callee = IntermediateCode.callee(in: line) else {
      if !line.contains("asm") { complaints.append("a call through a pointer") }
      return
    }
    if Self.heap.contains(callee) { complaints.append("the heap (\(callee))") }
    if callee.hasPrefix("__cxa_") { complaints.append("exceptions (\(callee))") }
    if !callee.hasPrefix("llvm.") { callees.append(callee) }
  }
}
