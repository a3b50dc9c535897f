import Synchronization
import TricotCompiler

/// A compilation that C has opened, and what it is about at the moment.
final class OpenCompilation: Sendable {
  let compilation: Compilation
  let stage: StageWords

  init(_ options: CompilationOptions, files: [String: [UInt8]]) {
    let stage = StageWords()
    self.stage = stage
    compilation = Compilation(options, files: files, clock: StageClock { stage.set($0) })
  }
}

/// What is going on, in words for a person.
final class StageWords: Sendable {
  private let words = Mutex<String?>(nil)

  var current: String? { words.withLock { $0 } }
  func set(_ text: String?) { words.withLock { $0 = text } }
}
