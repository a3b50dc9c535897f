extension AddressSpecification {
  /// What the model would be given for an event if nothing were packed.
  ///
  /// Edges and saturated codes give way to the feature itself, a shifted feature to its quotient. Codes with `values` of
  /// their own, joint ones and constants stand for themselves, because only the specification knows what they mean.
  package func unpackedInputs(_ features: [Double]) -> [Double] {
    modelInputs.map { terms in
      terms.reduce(0.0) { sum, term in
        guard let field = fields.first(where: { $0.name == term.field }) else { return sum }
        let value = field.unpackedValue(features)
        let sign = term.sign.flatMap { name in fields.first { $0.name == name } }
        return sum + (sign.map { $0.code(whole(features)) & 1 == 1 } ?? false ? -value : value)
      }
    }
  }

  /// The address of an event whose features are whole numbers of any size; those beyond a feature's bits saturate.
  package func address(of features: [Double]) -> Int { address(whole(features)) }
}

extension AddressField {
  fileprivate func unpackedValue(_ features: [Double]) -> Double {
    guard values == nil, let feature else { return value(of: code(whole(features))) }
    switch coding ?? .identity {
    case .identity, .edges: return features[feature]
    case .shift: return features[feature] / Double(1 << (shift ?? 0))
    case .constant, .joint: return value(of: code(whole(features)))
    }
  }
}

/// Features as the encoder's widest input holds them.
private func whole(_ features: [Double]) -> (Int) -> Int {
  { feature in
    let x = features[feature]
    return x >= 65535 ? 65535 : x >= 0 ? Int(x) : 0
  }
}
