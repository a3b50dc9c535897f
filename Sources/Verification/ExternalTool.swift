import Diagnostics
import FoundationEssentials
import Subprocess
import Synchronization
import SystemPackage

/// A program that verification runs, with the Debian package that brings it.
package enum ExternalTool: String, CaseIterable, Sendable {
  case verilator, iverilog, vvp, yosys
  case gxx = "g++"
  case clangxx = "clang++"

  var package: String {
    switch self {
    case .verilator, .yosys, .gxx: rawValue
    case .clangxx: "clang"
    case .iverilog, .vvp: "iverilog"
    }
  }

  /// Whether the program is in the search path.
  package var isAvailable: Bool {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(rawValue)") }
  }

  /// What the program said and how it ended.
  package struct Output: Sendable {
    /// Standard output and standard error, as they came.
    package var text: String
    package var succeeded: Bool
  }

  /// Runs the program in a folder, when it is its turn.
  ///
  /// - Throws: ``Diagnostic`` when the program is missing or takes longer than the limit.
  package func run(_ arguments: [String], in folder: String, limit: Duration) async throws -> Output {
    try await Self.run(.name(rawValue), name: rawValue, arguments, in: folder, limit: limit, package: package)
  }

  /// Runs a program that was just built.
  static func runBuilt(_ path: String, _ arguments: [String], in folder: String, limit: Duration) async throws -> Output
  {
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw Diagnostic.error("tool-missing", "'\(path)' was not found")
    }
    // What Verilator makes of many instances keeps them on the stack while it evaluates: more than the usual 8 MiB.
    let unlimited = "ulimit -s unlimited 2>/dev/null || ulimit -s \"$(ulimit -H -s)\"; exec \"$0\" \"$@\""
    return try await run(
      .path("/bin/sh"),
      name: path,
      ["-c", unlimited, path] + arguments,
      in: folder,
      limit: limit,
      package: nil
    )
  }

  private static func run(
    _ executable: Executable,
    name: String,
    _ arguments: [String],
    in folder: String,
    limit: Duration,
    package: String?
  ) async throws -> Output {
    var platform = PlatformOptions()
    // A session of its own, so that a timeout also ends the compilers that it started.
    platform.createSession = true
    platform.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .milliseconds(500))]
    let configuration = Configuration(
      executable: executable,
      arguments: Arguments(arguments),
      workingDirectory: FilePath(folder),
      platformOptions: platform
    )
    return try await ToolTurns.shared.take {
      try await run(configuration, name: name, in: folder, limit: limit, package: package)
    }
  }

  private static func run(
    _ configuration: Configuration,
    name: String,
    in folder: String,
    limit: Duration,
    package: String?
  ) async throws -> Output {
    RunningTools.begin()
    defer { RunningTools.end() }
    do {
      let output = try await withThrowingTaskGroup(of: Output?.self) { group in
        group.addTask {
          let result = try await Subprocess.run(
            configuration,
            output: .string(limit: 1 << 28),
            error: .combinedWithOutput
          )
          return Output(text: result.standardOutput, succeeded: result.terminationStatus.isSuccess)
        }
        group.addTask {
          try await Task.sleep(for: limit)
          return nil
        }
        let first = try await group.next() ?? nil
        group.cancelAll()
        guard let first else {
          throw Diagnostic.error(
            "tool-timeout",
            "'\(name)' did not end within \(limit.components.seconds) s",
            at: Origin(file: folder),
            hint: "look into that folder, or run the tool there by hand"
          )
        }
        return first
      }
      // A tool that was ended has not failed.
      try Task.checkCancellation()
      return output
    } catch let error as SubprocessError where error.code == .executableNotFound {
      throw Diagnostic.error(
        "tool-missing",
        "'\(name)' was not found",
        hint: package.map { "install it: apt-get install \($0)" }
      )
    } catch let error as SubprocessError {
      throw Diagnostic.error("tool-failed", "'\(name)' could not be run: \(error)", at: Origin(file: folder))
    }
  }
}

/// How many programs run now.
package enum RunningTools {
  private static let count = Mutex(0)

  package static var isEmpty: Bool { count.withLock { $0 == 0 } }

  fileprivate static func begin() { count.withLock { $0 += 1 } }
  fileprivate static func end() { count.withLock { $0 -= 1 } }
}

extension ExternalTool.Output {
  /// The lines that tell why it failed: the first that look like errors, else the last ones.
  func firstErrors(_ count: Int = 8) -> [String] {
    let lines = text.split(separator: "\n").map(String.init)
    let errors = lines.filter { $0.lowercased().contains("error") }
    return Array((errors.isEmpty ? Array(lines.suffix(count)) : errors).prefix(count))
  }
}
