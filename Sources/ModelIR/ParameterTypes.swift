import FixedPoint

/// The types that training gave a layer's weights, which are on their grids already.
///
/// hls4ml holds such weights in these types, whatever a configuration says.
package struct ParameterTypes: Sendable, Hashable {
  package var kernel: FixedPointType?
  package var bias: FixedPointType?

  package init(kernel: FixedPointType? = nil, bias: FixedPointType? = nil) {
    self.kernel = kernel
    self.bias = bias
  }

  /// Nobody settled anything.
  package static let none = ParameterTypes()
}
