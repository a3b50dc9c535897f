import FixedPoint
import ModelIR

/// Types for features that only trees read: they have to tell apart what the thresholds tell apart, and no more.
///
/// Values beyond the outermost thresholds saturate, which changes no branch.
struct FeatureTypes {
  /// The splits on every feature.
  private let splits: [[TreeSplit]]
  private let bits: Int
  private let featureBits: [Int]?

  /// - Parameters:
  ///   - ensembles: all that read the features.
  ///   - bits: of a feature whose thresholds do not say themselves what they need.
  ///   - featureBits: what no feature may exceed, one by one.
  init(_ ensembles: [TreeEnsemble], count: Int, bits: Int, featureBits: [Int]? = nil) {
    var splits = [[TreeSplit]](repeating: [], count: count)
    for ensemble in ensembles {
      for tree in ensemble.trees {
        for case .split(let split) in tree.nodes where split.threshold.isFinite { splits[split.feature].append(split) }
      }
    }
    self.splits = splits
    self.bits = bits
    self.featureBits = featureBits
  }

  var types: [FixedPointType] { splits.indices.map { type(splits[$0], bits: featureBits?[$0]) } }

  /// - Parameter limit: bits that even integers may not exceed.
  private func type(_ splits: [TreeSplit], bits limit: Int?) -> FixedPointType {
    guard !splits.isEmpty else { return Self.type(width: 1, fractionBits: 0, isSigned: false) }
    let bits = limit ?? bits
    if let exact = exactType(splits, bits: bits), exact.width <= limit ?? exact.width { return exact }
    var fractionBits = ConstantQuantization.finestGrid
    // On coarser grids every threshold is next to zero, and a sign may still need its bit.
    let coarsest = -(Int(max(splits.map { abs($0.threshold) }.max() ?? 1, 1).exponent) + 2)
    while true {
      if let type = Self.narrowestType(splits, fractionBits: fractionBits),
        type.width <= bits || fractionBits <= coarsest
      {
        return Self.type(width: max(type.width, bits), fractionBits: fractionBits, isSigned: type.isSigned)
      }
      fractionBits -= 1
    }
  }

  /// Integers, or a grid that decides as the trained model does, if that needs no more bits than others get.
  private func exactType(_ splits: [TreeSplit], bits: Int) -> FixedPointType? {
    for fractionBits in 0...bits {
      guard let rounding = Self.exactRounding(splits, fractionBits: fractionBits) else { continue }
      guard let type = Self.narrowestType(splits, fractionBits: fractionBits) else { return nil }
      // Thresholds half way between integers may have become a bit finer than the integers that they tell apart.
      guard type.width <= (fractionBits <= 1 ? Self.widestInteger : bits) else { return nil }
      return Self.type(
        width: type.width,
        fractionBits: fractionBits,
        isSigned: type.isSigned,
        rounding: rounding
      )
    }
    return nil
  }

  /// The bits that integer features may have, whatever others get.
  private static let widestInteger = 32

  /// The rounding of features with which comparisons on a grid decide as the trained ones, or nil where none does.
  ///
  /// With thresholds on the grid `x < t` is decided for every number by rounding down; with all thresholds half way
  /// between its numbers, `x < t` by rounding to the nearest with ties up, `x <= t` with ties down. Elsewhere at least
  /// numbers on the grid take no wrong branch.
  private static func exactRounding(_ splits: [TreeSplit], fractionBits: Int) -> Rounding? {
    var (onGrid, halfWay) = (false, false)
    for split in splits {
      let scaled = ConstantQuantization.scaled(split.threshold, by: fractionBits)
      if scaled.rounded() == scaled {
        onGrid = true
      } else if (scaled * 2).rounded() == scaled * 2 {
        halfWay = true
      } else {
        return nil
      }
    }
    let isStrict = splits.allSatisfy { $0.comparison == .less }
    switch (onGrid, halfWay) {
    case (_, false): return isStrict ? .truncate : .roundHalfUp
    case (false, true): return splits.allSatisfy { $0.comparison == .lessOrEqual } ? .roundHalfDown : .roundHalfUp
    // A grid twice as fine has them all, but integers do not need it.
    case (true, true): return !isStrict && fractionBits == 0 ? .roundHalfUp : nil
    }
  }

  /// The narrowest type on a grid that tells all thresholds apart, or nil where it would be absurdly wide.
  static func narrowestType(_ splits: [TreeSplit], fractionBits: Int) -> FixedPointType? {
    let limit = Int128(1) << 60
    let raw = splits.map {
      Int128($0.threshold(fractionBits: fractionBits, limits: Interval(-limit, limit)))
    }
    // Both sides of every threshold are reached.
    let range = Interval((raw.min() ?? 0) - 1, raw.max() ?? 0)
    guard range.lower > -limit, range.upper < limit else { return nil }
    let isSigned = range.lower < 0
    let width = isSigned ? range.bitWidth : max(1, range.bitWidth)
    return Self.type(width: width, fractionBits: fractionBits, isSigned: isSigned)
  }

  private static func type(
    width: Int,
    fractionBits: Int,
    isSigned: Bool,
    rounding: Rounding = .roundHalfUp
  ) -> FixedPointType {
    FixedPointType(
      width: width,
      integerBits: width - fractionBits,
      isSigned: isSigned,
      rounding: rounding,
      overflow: .saturate
    )
  }
}

extension ModelGraph {
  /// The ensembles that read a tensor, if nothing else does.
  func onlyTrees(reading tensor: TensorID) -> [TreeEnsemble]? {
    guard !outputs.contains(tensor) else { return nil }
    var ensembles: [TreeEnsemble] = []
    for node in nodes where node.inputs.contains(tensor) {
      guard case .treeEnsemble(let ensemble) = node.operation else { return nil }
      ensembles.append(ensemble)
    }
    return ensembles.isEmpty ? nil : ensembles
  }
}
