import TricotCompiler

/// From a trained network to firmware, without a command line.
///
/// Takes the folder of the example jet tagger, and a folder to write.
@main
enum LibraryExample {
  static func main() throws {
    let folders = CommandLine.arguments.dropFirst()
    guard let example = folders.first, let output = folders.dropFirst().first else {
      return print("usage: library-example Examples/jet-tagger FOLDER")
    }

    var options = CompilationOptions(model: "\(example)/jet-tagger.keras")
    options.quantization.calibration = "\(example)/calibration-jets.npy"
    let tagger = Compilation(options)

    let jet = [Double](repeating: 0.5, count: try tagger.inputCount)
    let scores = try tagger.simulate([jet])
    print("scores:", scores[0])

    let estimate = try tagger.estimate()
    print("\(estimate.latencyCycles) cycles, \(estimate.resources.lut) LUTs")

    let project = try tagger.write(to: output)
    print("\(project.files.count) files in \(project.output)")
  }
}
