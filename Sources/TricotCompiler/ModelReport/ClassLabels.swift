import Diagnostics

/// The right class of each event.
enum ClassLabels {
  /// One class number an event, or one column a class.
  static func read(_ bytes: [UInt8], file: String, events: Int, classes: Int) throws -> [Int] {
    let isWide = (try? EventBatch(bytes, file: file, width: classes, role: "labels")) != nil && classes > 1
    let batch = try EventBatch(bytes, file: file, width: isWide ? classes : 1, role: "labels")
    guard batch.count == events else {
      throw Diagnostic.error(
        "wrong-shape",
        "there are \(batch.count) labels for \(events) events",
        at: Origin(file: file),
        hint: "give one label for each event"
      )
    }
    return (0..<events).map { event in
      let row = batch.values[event * batch.width..<(event + 1) * batch.width]
      if batch.width == 1 { return Int(min(max(row.first ?? 0, -1e9), 1e9)) }
      return row.indices.reduce(row.startIndex) { row[$1] > row[$0] ? $1 : $0 } - row.startIndex
    }
  }
}
