extension Design {
  /// By module: how often the top has it in all, itself once.
  package var instanceCounts: [Int] {
    var counts = [Int](repeating: 0, count: modules.count)
    if !counts.isEmpty { counts[modules.count - 1] = 1 }
    for (index, module) in modules.enumerated().reversed() {
      guard case .module(let module) = module else { continue }
      for instance in module.instances { counts[instance.module.index] += counts[index] }
    }
    return counts
  }
}
