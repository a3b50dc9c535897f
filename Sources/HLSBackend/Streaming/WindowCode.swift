import DesignBuilding
import Diagnostics
import FixedPoint
import FixedPointIR

/// The buffers of a stage that looks at windows, and its walk over the positions.
struct WindowCode {
  let raster: WindowRaster
  let configuration: String
  let stream: StreamNames.Stream
  /// The type of the array of taps.
  let typeName: String
  let container: FixedPointType

  var summary: String {
    let (rows, columns) = (raster.rows, raster.columns)
    return "windows of \(rows.size)x\(columns.size) positions at \(rows.domain)x\(columns.domain) places"
  }

  /// The configuration that the library's templates take.
  ///
  /// - Throws: a `Diagnostic` where what stands outside is no number of the taps' type.
  func configurationLines(padding: ExactValue?, name: String, at origin: Origin) throws -> [String] {
    let raw = try padding.map { try container.rawPadding($0, name: name, at: origin) } ?? 0
    let numbers =
      axis("row", "rows", raster.rows) + axis("column", "columns", raster.columns)
      + [("elements", stream.elements)]
    return ["struct \(configuration) {"] + numbers.map { "  static const int \($0.0) = \($0.1);" }
      + [
        "  static const bool is_padded = \(padding != nil);",
        "  static const long long padding = \(CppText.literal(raw));", "};",
      ]
  }

  private func axis(_ name: String, _ extent: String, _ axis: WindowRaster.Axis) -> [(String, Int)] {
    [
      (extent, axis.extent), ("first_\(name)", axis.walk.lowerBound), ("last_\(name)", axis.walk.upperBound),
      ("\(name)_taps", axis.size), ("\(name)_dilation", axis.dilation), ("\(name)_span", axis.span),
      ("\(name)_end", axis.end(of: 0)), ("\(name)_stride", axis.stride), ("\(name)_windows", axis.domain),
    ]
  }

  /// The whole function: buffers, and a step for every position of the walk.
  ///
  /// - Parameter firing: what is done with a complete window.
  func statements(pragma: CppPragma?, firing: [CppStatement]) -> [CppStatement] {
    let (rows, columns) = (raster.rows, raster.columns)
    var statements: [CppStatement] = []
    if rows.span > 0 {
      statements += [
        .matrix(type: stream.word, name: "lines", rows: rows.span, columns: columns.walk.count),
        .pragma(.arrayPartition("lines", dimension: 1)),
      ]
    }
    let shift =
      rows.span > 0
      ? CppCall(function: "tricot::shift_rows", arguments: ["lines", "window", "column", "token"])
      : CppCall(function: "tricot::shift_row", arguments: ["window", "token"])
    statements += [
      .matrix(type: stream.word, name: "window", rows: rows.size, columns: columns.span + 1),
      .pragma(.arrayPartition("window", dimension: 0)),
      .variable(type: "int", name: "row", value: "\(rows.walk.lowerBound)"),
      .variable(type: "int", name: "column", value: "\(columns.walk.lowerBound)"),
    ]
    func call(_ call: CppCall) -> CppStatement {
      var call = call
      call.templateArguments = [configuration]
      return .call(call)
    }
    let place = ["row", "column"]
    let steps = CppLoop(
      label: "steps",
      count: raster.steps,
      layout: .flush,
      pragma: pragma,
      body: [
        .object(type: stream.word, name: "token"),
        .conditional("tricot::is_inside<\(configuration)>(row, column)", assign: "token", value: "x.read()"),
        call(shift),
        .when("tricot::is_complete<\(configuration)>(row, column)", firing),
        call(CppCall(function: "tricot::walk", arguments: place)),
      ]
    )
    return statements + [.loop(steps)]
  }

  /// Fills the array of taps.
  func read(_ array: String) -> CppStatement {
    .call(
      CppCall(
        function: "tricot::read_window",
        templateArguments: [configuration, stream.element],
        arguments: ["window", "row", "column", array]
      )
    )
  }
}

extension FixedPointType {
  /// The raw number of what stands outside a tensor, in the type of a window's array.
  ///
  /// - Throws: a `Diagnostic` where the type does not hold it.
  func rawPadding(_ value: ExactValue, name: String, at origin: Origin) throws -> Int64 {
    let isOnGrid = value.raw == 0 || value.fractionBits <= fractionBits
    let raw = isOnGrid ? value.raw(on: fractionBits) : 0
    if isOnGrid, rawRange.contains(raw), let word = Int64(exactly: raw) { return word }
    throw Diagnostic.error(
      "padding-type",
      "what '\(name)' reads outside its tensor is no number of the type \(self)",
      at: origin,
      hint: "use \(option: .backend, "verilog")"
    )
  }
}
