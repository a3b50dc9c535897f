import Diagnostics
import ProcessorBackend

/// Turns programs of processors into the words of their memories and back.
public enum ProgramTools {
  /// The words of a program's text.
  ///
  /// - Throws: A ``Diagnostic`` with line and reason for what is no program.
  public static func assemble(_ text: String, file: String) throws -> String {
    ProgramImage.text(of: try AssembledProgram(assembling: text, file: file))
  }

  /// The text of a program's words.
  public static func disassemble(_ image: String, file: String) throws -> String {
    try ProgramImage.program(of: image, file: file).description
  }

  /// The same from file to file.
  ///
  /// - Parameter output: Where to write; nil: nowhere, the text is returned only.
  public static func assemble(file: String, to output: String?, replacing: Bool = false) throws -> String {
    try translate(file, to: output, replacing) { try assemble($0, file: file) }
  }

  public static func disassemble(file: String, to output: String?, replacing: Bool = false) throws -> String {
    try translate(file, to: output, replacing) { try disassemble($0, file: file) }
  }

  private static func translate(
    _ file: String,
    to output: String?,
    _ replacing: Bool,
    _ body: (String) throws -> String
  )
    throws -> String
  {
    if let output { try FileWriting.check(output, replacing: replacing) }
    let text = try body(try FileReading.text(of: file))
    if let output { try FileWriting.replace(output, with: Array(text.utf8)) }
    return text
  }
}
