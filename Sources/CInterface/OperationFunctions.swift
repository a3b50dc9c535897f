import Diagnostics
import TricotCompiler

/// Starts an operation; see `tricot.h` for what there is.
@c(tricot_operation_start)
public func startOperation(
  _ compilation: Int64,
  _ request: UnsafePointer<CChar>?,
  _ values: UnsafePointer<Double>?,
  _ valueCount: Int64,
  _ expected: UnsafePointer<Double>?,
  _ expectedCount: Int64,
  _ operation: UnsafeMutablePointer<Int64>?,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let opened: OpenCompilation? = compilation == 0 ? nil : try HandleTable.shared.object(compilation)
    let work = OperationWork(
      request: try OperationRequest.reading(try text(request, "request")),
      opened: opened,
      values: values == nil ? nil : try array(values, valueCount, "values"),
      expected: expected == nil ? nil : try array(expected, expectedCount, "expected"),
      stage: opened?.stage ?? StageWords()
    )
    operation?.pointee = HandleTable.shared.add(RunningOperation(work))
  }
}

/// Waits so many seconds at most; 1 when the operation has ended, else 0.
@c(tricot_operation_wait)
public func waitForOperation(_ operation: Int64, _ seconds: Double) -> Int32 {
  guard let running = try? HandleTable.shared.object(operation, as: RunningOperation.self) else { return 1 }
  return running.wait(seconds: seconds) ? 1 : 0
}

/// What the operation is about, in words, or null.
@c(tricot_operation_progress)
public func progressOfOperation(_ operation: Int64) -> UnsafeMutablePointer<CChar>? {
  let running = try? HandleTable.shared.object(operation, as: RunningOperation.self)
  return (running?.stage.current).flatMap { ownedText($0) }
}

/// Asks the operation to end: tools that it started are ended, the next stage does not begin.
@c(tricot_operation_cancel)
public func cancelOperation(_ operation: Int64) {
  (try? HandleTable.shared.object(operation, as: RunningOperation.self))?.cancel()
}

/// Waits for the operation's end and gives its report as JSON.
@c(tricot_operation_result)
public func resultOfOperation(
  _ operation: Int64,
  _ report: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let text = try HandleTable.shared.object(operation, as: RunningOperation.self).result()
    report?.pointee = ownedText(text)
  }
}
