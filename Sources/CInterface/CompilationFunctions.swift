import Diagnostics
import Glibc
import TricotCompiler

/// The version of Tricot; the caller releases it.
@c(tricot_version)
public func version() -> UnsafeMutablePointer<CChar>? { ownedText(TricotVersion.current) }

/// Ends the life of a text.
@c(tricot_text_release)
public func releaseText(_ text: UnsafeMutablePointer<CChar>?) { free(text) }

/// Opens a compilation of some options, a JSON object, and files that lie in memory.
@c(tricot_compilation_open)
public func openCompilation(
  _ options: UnsafePointer<CChar>?,
  _ fileCount: Int64,
  _ names: UnsafePointer<UnsafePointer<CChar>?>?,
  _ contents: UnsafePointer<UnsafePointer<UInt8>?>?,
  _ sizes: UnsafePointer<Int64>?,
  _ compilation: UnsafeMutablePointer<Int64>?,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let document = try value(OptionsDocument.self, fromJSON: try text(options, "options"), of: "options")
    let names = try array(names, fileCount, "names")
    let contents = try array(contents, fileCount, "contents")
    let sizes = try array(sizes, fileCount, "sizes")
    var files: [String: [UInt8]] = [:]
    for index in names.indices {
      files[try text(names[index], "names")] = try array(contents[index], sizes[index], "contents")
    }
    compilation?.pointee = HandleTable.shared.add(OpenCompilation(document.options, files: files))
  }
}

/// Warnings and notes so far: a JSON list of problems.
@c(tricot_compilation_findings)
public func findings(
  _ compilation: Int64,
  _ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
  _ problem: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> Int32 {
  answering(problem) {
    let opened = try HandleTable.shared.object(compilation, as: OpenCompilation.self)
    let text = try jsonText(opened.compilation.findings.map(ProblemDocument.init))
    list?.pointee = ownedText(text)
  }
}

/// Closes a handle of any kind; what is under way with it goes on to its end.
@c(tricot_close)
public func close(_ handle: Int64) { HandleTable.shared.close(handle) }
