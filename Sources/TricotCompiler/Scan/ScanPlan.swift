import Diagnostics
import Quantization

/// The points of a scan before they are computed, and what they share.
struct ScanPlan {
  struct Point: Sendable {
    var options: CompilationOptions
    /// What has been read of the model, for all points of the model.
    var base: Compilation
    /// What tells it apart, by name.
    var values: [String: String]
    var key: String

    var model: String { String(PathNames.lastComponent(options.model)) }
  }

  var file: ScanFile
  var points: [Point] = []
  /// What tells points apart.
  var optionNames: [String] = []

  init(file path: String) throws {
    file = try ScanFile(parsing: FileReading.text(of: path), file: path)
    let events = try [file.input, file.labels].map { try $0.map { contentHash(try FileReading.bytes(of: $0)) } ?? "" }
    var contents: [String: String] = [:]
    func hash(_ path: String) throws -> String {
      if let known = contents[path] { return known }
      let found = contentHash(try FileReading.bytes(of: path))
      contents[path] = found
      return found
    }
    for model in file.models {
      var bases: [CompilationOptions: Compilation] = [:]
      for combination in file.combinations {
        var options = CompilationOptions(model: model)
        for (name, value) in file.common + combination { try options.set(name, to: value) }
        let base = bases[options.calibrationChoice] ?? Compilation(options.calibrationChoice)
        bases[options.calibrationChoice] = base
        var values: [String: String] = [:]
        for (name, value) in combination {
          values[name] = try value.text()
          if !optionNames.contains(name) { optionNames.append(name) }
        }
        // By contents: who moves files, or runs elsewhere, has the same points.
        let read = try base.loaded.files.map(\.sha256) + [options.quantization.calibration.map(hash) ?? ""] + events
        let described = try jsonText(Manifest.Options(options, arithmetic: options.arithmetic ?? .native))
        let rest = [
          options.arithmetic?.rawValue ?? "", options.treeOutput.rawValue, options.hardware.part ?? "",
          options.hardware.clockPeriod.map { "\($0)" } ?? "", "\(file.synthesizes)", TricotVersion.current,
        ]
        let identity = (read + [described] + rest).joined(separator: "\n")
        points.append(
          Point(
            options: options,
            base: base,
            values: values,
            key: String(contentHash(Array(identity.utf8)).prefix(16))
          )
        )
      }
    }
  }
}
