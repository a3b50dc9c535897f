import Diagnostics
import FirmwareFiles

/// Compiles a project's C++, in as many parts as there are compilers at a time, and links it.
package struct CppBuild: Sendable {
  package enum Product: Sendable {
    case program
    case sharedLibrary
  }

  package let headers: ApTypes
  package var compiler = ExternalTool.gxx
  package var product = Product.program
  /// Words that are defined for the preprocessor.
  package var definitions: [String] = []
  /// Compilers at a time.
  package var jobs = 2
  /// Longest time for one compilation.
  package var limit: Duration = .seconds(1800)

  package init(headers: ApTypes) { self.headers = headers }

  private var flags: [String] {
    ["-std=c++14", "-w", "-fwrapv", "-isystem", headers.folder, "-I."] + definitions.map { "-D\($0)" }
      + (product == .sharedLibrary ? ["-fPIC", "-fvisibility=hidden", "-fvisibility-inlines-hidden"] : [])
  }

  /// Builds the project's C++ into `name`, and writes it into the folder for that.
  package func build(_ files: [ProjectFile], into name: String, in build: BuildFolder) async throws {
    let folder = build.path
    let units = CompilationUnit.units(of: files, count: jobs)
    try build.write(files + units.map(\.file))
    guard compiler.isAvailable else {
      throw Diagnostic.error(
        "tool-missing",
        "'\(compiler.rawValue)' was not found in the search path",
        hint: "install it with 'apt-get install \(compiler.package)'"
      )
    }
    let objects = units.map { $0.file.path + ".o" }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, unit) in units.enumerated() {
        if index >= jobs { try await group.next() }
        let arguments = flags + [unit.optimisation, "-c", unit.file.path, "-o", objects[index]]
        group.addTask { try await run(arguments, in: folder) }
      }
      try await group.waitForAll()
    }
    // The library carries its C++ with it, and gives only its C interface away.
    let linking =
      product == .sharedLibrary
      ? ["-shared", "-static-libstdc++", "-static-libgcc", "-Wl,--exclude-libs,ALL"] : []
    try await run(linking + objects + ["-o", name], in: folder)
  }

  private func run(_ arguments: [String], in folder: String) async throws {
    let output = try await compiler.run(arguments, in: folder, limit: limit)
    guard output.succeeded else {
      throw Diagnostic.error(
        "cpp-build-failed",
        "\(compiler.rawValue) could not build the C++",
        at: Origin(file: folder),
        notes: output.firstErrors(),
        hint: "report this: Tricot's C++ should build; the folder is kept"
      )
    }
  }
}

/// Sources that are compiled as one, because AMD's headers cost more than most of what includes them.
private struct CompilationUnit {
  var file: ProjectFile
  var optimisation: String

  /// The units of a project's emulator, without the top function for HLS tools.
  ///
  /// Straight-line code is not optimised: that takes compilers time in the square of its length, and running it is fast
  /// enough as it is. The loops over AMD's types, which nothing but inlining makes fast, are.
  static func units(of files: [ProjectFile], count: Int) -> [CompilationUnit] {
    let sources = files.filter { $0.path.hasSuffix(".cpp") && !$0.path.hasSuffix("_top.cpp") }
    let isStraight: (ProjectFile) -> Bool = { $0.path.hasPrefix("firmware/layers/") }
    let loops = unit("loops", "-O1", of: sources.filter { !isStraight($0) })
    // The longest first, each into the group that is shortest so far.
    var groups = [[ProjectFile]](repeating: [], count: max(1, count))
    var sizes = [Int](repeating: 0, count: groups.count)
    let straight = sources.filter(isStraight).sorted { ($1.bytes.count, $0.path) < ($0.bytes.count, $1.path) }
    for source in straight {
      let shortest = sizes.indices.min { sizes[$0] < sizes[$1] } ?? 0
      groups[shortest].append(source)
      sizes[shortest] += source.bytes.count
    }
    return [loops] + groups.filter { !$0.isEmpty }.enumerated().map { unit("layers\($0)", "-O0", of: $1) }
  }

  private static func unit(_ name: String, _ optimisation: String, of sources: [ProjectFile]) -> CompilationUnit {
    let text = sources.map { "#include \"\($0.path)\"\n" }.joined()
    return CompilationUnit(file: ProjectFile(path: "unit_\(name).cpp", text: text), optimisation: optimisation)
  }
}
