/// Rows of a table of constants, chosen by whole numbers.
package struct EmbeddingLayer: Sendable {
  /// Shape `[rows, elements of a row]`.
  package var table: ParameterTensor

  package init(table: ParameterTensor) { self.table = table }

  package var rowCount: Int { table.shape[0] }
  package var rowSize: Int { table.shape[1] }

  /// The row that a number chooses: numbers outside the table choose its ends.
  package func row(_ number: Double) -> Int {
    Int(min(max(number.isNaN ? 0 : number.rounded(.towardZero), 0), Double(rowCount - 1)))
  }

  /// By number, its row.
  func evaluate(_ numbers: [Double]) -> [Double] {
    numbers.flatMap { number in
      let first = row(number) * rowSize
      return table.values[first..<first + rowSize]
    }
  }
}
