/// Names of modules that all start with the design's.
package struct ModuleNames {
  private let design: String
  private var taken: Set<String>

  /// - Parameter taken: names that stand already.
  package init(of design: String, taken: [String]) {
    self.design = design
    self.taken = Set(taken)
  }

  /// A name that none had before.
  package mutating func name(_ wish: String) -> String {
    var name = "\(design)_\(wish)"
    while !taken.insert(name).inserted { name += "_again" }
    return name
  }
}
