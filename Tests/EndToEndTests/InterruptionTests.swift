import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage
import TestSupport
import Testing
import Verification

/// Ctrl-C while tools run: nothing of the run stays, neither processes nor files.
@Suite struct InterruptionTests {
  @Test(
    .enabled(if: ExternalTool.verilator.isAvailable, "Verilator is not installed"),
    arguments: [SIGINT, SIGTERM]
  )
  func `verify ends with everything it started`(_ number: Int32) async throws {
    try await interrupt(
      ["verify", Example.model, "--calibration", Example.calibration, "--samples", "1000"],
      with: number,
      whenRunning: ["cc1plus", "g++", "verilator_bin", "ccache", "as"]
    )
  }

  @Test(.enabled(if: ExternalTool.yosys.isAvailable, "yosys is not installed"))
  func `synthesis ends with yosys`() async throws {
    try await interrupt(
      ["estimate", Example.model, "--calibration", Example.calibration, "--synthesize"],
      with: SIGINT,
      whenRunning: ["yosys", "yosys-abc"]
    )
  }

  /// A search does not listen; the command ends all the same.
  @Test func `what computes ends, too`() async throws {
    let scratch = try Scratch()
    let command = ["compile", Example.model, "--effort", "high", "-o", scratch.file("out"), "--threads", "1"]
    let result = try await Subprocess.run(
      .path(FilePath(Invocation.binary)),
      arguments: Arguments(command),
      input: .none,
      output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20)
    ) { execution in
      // The temporary folder is made first of all.
      while scratch.contents.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
      try await Task.sleep(for: .milliseconds(500))
      kill(execution.processIdentifier.value, SIGINT)
    }
    #expect(result.terminationStatus == .exited(130))
    #expect(result.standardOutput == "")
    #expect(result.standardError.contains("interrupted"))
    #expect(!result.standardError.contains("rror"), "\(result.standardError)")
    #expect(scratch.contents == [])
  }

  /// Starts the command, sends the signal once one of the tools runs, and looks at what is left.
  private func interrupt(_ arguments: [String], with number: Int32, whenRunning tools: Set<String>) async throws {
    let scratch = try Scratch()
    try FileManager.default.createDirectory(atPath: scratch.file("tmp"), withIntermediateDirectories: false)
    let result = try await Subprocess.run(
      .path(FilePath(Invocation.binary)),
      arguments: Arguments(arguments),
      environment: .inherit.updating(["TMPDIR": scratch.file("tmp")]),
      workingDirectory: FilePath(scratch.path),
      input: .none,
      output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20)
    ) { execution in
      let deadline = ContinuousClock.now + .seconds(120)
      while ContinuousClock.now < deadline {
        let family = RunningProcess.descendants(of: execution.processIdentifier.value)
        if family.contains(where: { tools.contains($0.name) }) {
          kill(execution.processIdentifier.value, number)
          return family
        }
        try await Task.sleep(for: .milliseconds(20))
      }
      kill(execution.processIdentifier.value, SIGKILL)
      return []
    }
    let family = result.closureResult
    #expect(!family.isEmpty, "no tool was started")
    #expect(result.terminationStatus == .exited(128 + number))
    #expect(result.standardOutput == "")
    #expect(result.standardError.contains("interrupted"))
    #expect(!result.standardError.contains("rror"), "\(result.standardError)")
    // Tools are in sessions of their own, and what they started in turn is in the same ones.
    let sessions = Set(family.map { $0.session })
    let survivors = RunningProcess.all.filter { sessions.contains($0.session) && !$0.isZombie }
    #expect(survivors.isEmpty, "\(survivors)")
    #expect(scratch.contents == ["tmp"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.file("tmp")) == [])
  }
}

/// A line of `/proc`.
private struct RunningProcess: Sendable {
  var number: Int32
  var name: String
  var isZombie: Bool
  var parent: Int32
  var session: Int32

  init?(_ folder: String) {
    guard let number = Int32(folder), let data = FileManager.default.contents(atPath: "/proc/\(folder)/stat"),
      // The name is in parentheses, and may hold some itself.
      let text = String(validating: data, as: UTF8.self), let open = text.firstIndex(of: "("),
      let close = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 3, let parent = Int32(fields[1]), let session = Int32(fields[3]) else { return nil }
    self.number = number
    self.name = String(text[text.index(after: open)..<close])
    self.isZombie = fields[0] == "Z"
    self.parent = parent
    self.session = session
  }

  static var all: [RunningProcess] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { RunningProcess($0) }
  }

  /// Children, their children, and so on.
  static func descendants(of ancestor: Int32) -> [RunningProcess] {
    let processes = all
    var family: Set<Int32> = [ancestor]
    var found: [RunningProcess] = []
    while true {
      let more = processes.filter { family.contains($0.parent) && !family.contains($0.number) }
      if more.isEmpty { return found }
      found += more
      family.formUnion(more.map(\.number))
    }
  }
}
