/// hls4ml's rule about reuse factors of the Resource strategy.
enum ReuseFactors {
  /// The legal factor nearest to the wanted one; of two equally near, the smaller.
  ///
  /// A factor is legal where it divides the number of products, and either divides the inputs or is a multiple of them.
  ///
  /// - Parameter allowsFull: whether one multiplier for everything is legal too.
  static func closest(to wanted: Int, inputs: Int, outputs: Int, allowsFull: Bool = true) -> Int {
    let (products, overflow) = inputs.multipliedReportingOverflow(by: outputs)
    guard !overflow, inputs > 0, outputs > 0 else { return 1 }
    func isLegal(_ factor: Int) -> Bool {
      guard products % factor == 0, allowsFull || factor != products || products == 1 else { return false }
      return factor < inputs ? inputs % factor == 0 : factor % inputs == 0
    }
    var below = min(wanted, products)
    while below > 1 && !isLegal(below) { below -= 1 }
    if wanted >= products { return below }
    var above = wanted + 1
    while above < products && above - wanted < wanted - below && !isLegal(above) { above += 1 }
    return above - wanted < wanted - below && isLegal(above) ? above : below
  }
}
