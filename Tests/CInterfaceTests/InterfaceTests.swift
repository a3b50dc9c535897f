import Diagnostics
import Dispatch
import FoundationEssentials
import TestSupport
import Testing
import TricotCompiler

@testable import CInterface

/// The functions of the interface, as C calls them.
@Suite struct InterfaceTests {
  /// Does what waits for operations on a thread of its own: those that tests run on are the ones that operations need.
  private func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
      // Global queues have the threads of tests and operations.
      DispatchQueue(label: "waiting for an operation").async { continuation.resume(returning: body()) }
    }
  }

  /// The report of an operation, and what there was to complain of.
  private func outcome(_ operation: Int64) async -> (report: String, problem: String) {
    await onThread {
      while waitForOperation(operation, 1) == 0 {}
      var report: UnsafeMutablePointer<CChar>?
      let (_, problem) = answer { resultOfOperation(operation, &report, $0) }
      defer { releaseText(report) }
      return (report.map { String(cString: $0) } ?? "", problem)
    }
  }

  /// What a call gave: a status, and the code of its problem.
  private func answer(_ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32) -> (Int32, String) {
    var problem: UnsafeMutablePointer<CChar>?
    let status = body(&problem)
    defer { releaseText(problem) }
    return (status, problem.map { String(cString: $0) } ?? "")
  }

  @Test func `handles that are none are refused`() {
    let (status, problem) = answer { simulate(1 << 50, nil, 0, 0, nil, 0, $0) }
    #expect(status == Status.refused.rawValue && problem.contains("bad-handle"))
    close(1 << 50)
    cancelOperation(1 << 50)
    #expect(waitForOperation(1 << 50, 1) == 1)
    #expect(progressOfOperation(1 << 50) == nil)
  }

  @Test func `a handle of another kind is refused`() throws {
    var handle: Int64 = 0
    let (status, _) = answer { openCompilation(#"{"model": "m.onnx"}"#, 0, nil, nil, nil, &handle, $0) }
    #expect(status == Status.fine.rawValue && handle != 0)
    #expect(answer { resultOfOperation(handle, nil, $0) }.1.contains("bad-handle"))
    #expect(answer { startOperation(handle, #"{"action": "inspect"}"#, nil, 0, nil, 0, nil, $0) }.0 == 0)
    close(handle)
    #expect(answer { findings(handle, nil, $0) }.1.contains("bad-handle"))
  }

  @Test func `null pointers and wild counts are refused`() {
    #expect(answer { openCompilation(nil, 0, nil, nil, nil, nil, $0) }.1.contains("bad-argument"))
    for count: Int64 in [-1, 1, .max] {
      #expect(answer { openCompilation("{}", count, nil, nil, nil, nil, $0) }.0 == Status.refused.rawValue)
    }
  }

  @Test func `an operation runs, and its report is there as often as it is asked for`() async throws {
    var operation: Int64 = 0
    let request = #"{"action": "matrix", "rows": 2, "columns": 2, "effort": "fast"}"#
    #expect(answer { startOperation(0, request, [1, 3, 5, 7], 4, nil, 0, &operation, $0) } == (0, ""))
    for _ in 0..<2 {
      let (report, problem) = await outcome(operation)
      #expect(problem == "")
      #expect(report.contains(#""adders" : 4"#))
    }
    close(operation)
  }

  @Test(arguments: [
    (#"{"action": "matrix", "rows": 2, "columns": 3}"#, "wrong-shape"), (#"{"action": "matrix"}"#, "bad-argument"),
    (#"{"action": "estimate"}"#, "bad-argument"),
  ])
  func `an operation that fails says why`(request: String, code: String) async {
    var operation: Int64 = 0
    #expect(answer { startOperation(0, request, [1, 3, 5, 7], 4, nil, 0, &operation, $0) }.0 == 0)
    #expect(await outcome(operation).problem.contains(code))
    close(operation)
  }

  @Test func `requests with unknown keys are refused`() {
    let (status, problem) = answer {
      startOperation(0, #"{"action": "matrix", "effrot": "fast"}"#, nil, 0, nil, 0, nil, $0)
    }
    #expect(status == Status.refused.rawValue && problem.contains("did you mean 'effort'"))
    #expect(answer { startOperation(0, #"{"action": "dance"}"#, nil, 0, nil, 0, nil, $0) }.0 == 1)
  }

  /// Each function of the header is there, and no other.
  @Test func `the header declares what there is`() throws {
    func names(_ path: String, _ pattern: Regex<(Substring, Substring)>) throws -> Set<String> {
      let text = try String(contentsOf: SharedData.packageRoot.appending(path: path), encoding: .utf8)
      return Set(text.matches(of: pattern).map { String($0.1) })
    }
    let declared = try names("Sources/CInterface/tricot.h", /(tricot_[a-z_]+)\(/)
    var defined: Set<String> = []
    for file in ["Compilation", "Operation", "Simulation"] {
      defined.formUnion(try names("Sources/CInterface/\(file)Functions.swift", /@c\((tricot_[a-z_]+)\)/))
    }
    #expect(declared == defined && defined.count > 10)
  }
}
