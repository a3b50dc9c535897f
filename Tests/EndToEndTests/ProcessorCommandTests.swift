import FoundationEssentials
import Testing

/// `tricot compile --backend processors` and what goes with it.
@Suite struct ProcessorCommandTests {
  private static let network = """
    graph 'small'
      'x' Input [2] fixed<8,4> = input
      'y' Dense [2] fixed<8,4> = dense('x')
        kernel [2, 2] grid 4
          11 -7
          -3 9
        bias [5, -2]/2^4
      return 'y'

    """

  private static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }

  @Test func `programs and words are made of each other, networks are loaded, bad ones are refused`() async throws {
    let scratch = try Scratch()
    let model = try scratch.write("small.tricot", Self.network)
    let folder = scratch.file("machine")
    let run = try await Invocation.tricot(
      "compile",
      model,
      "--backend",
      "processors",
      "--reloadable",
      "-o",
      folder,
      "--quiet"
    )
    #expect(run.status == 0, "\(run.errors)")
    let program = "\(folder)/programs/y_N1.pasm"
    let words = try Self.text("\(folder)/programs/y_N1.hex")
    let text = try Self.text(program)
    #expect(try await Invocation.tricot("assemble", program).output == words)
    #expect(try await Invocation.tricot("disassemble", "\(folder)/programs/y_N1.hex").output == text)
    let bad = try scratch.write("bad.pasm", text.replacing("MAC x1", with: "MAC x7"))
    let refusal = try await Invocation.tricot("assemble", bad)
    #expect(refusal.status == 2 && refusal.errors.contains("there is no operand x7") && refusal.errors.contains("line"))

    let image = scratch.file("words.hex")
    let retrained = try scratch.write("new.tricot", Self.network.replacing("11 -7", with: "-2 6"))
    let load = try await Invocation.tricot("reload-image", retrained, "--for", folder, "-o", image, "--quiet")
    #expect(load.status == 0, "\(load.errors)")
    // Version, two words and a constant for each processor, checksum.
    #expect(try Self.text(image).split(separator: "\n").count == 8)
    let large = try scratch.write("large.tricot", Self.network.replacing("11 -7", with: "1100 -7"))
    let tooLarge = try await Invocation.tricot("reload-image", large, "--for", folder, "-o", image, "--force")
    #expect(tooLarge.status == 2 && tooLarge.errors.contains("does-not-fit"))
  }

  @Test func `options of processors are refused elsewhere`() async throws {
    let scratch = try Scratch()
    let model = try scratch.write("small.tricot", Self.network)
    let run = try await Invocation.tricot("compile", model, "--multiplierless", "-o", scratch.file("v"))
    #expect(run.status == 2 && run.errors.contains("--multiplierless has no effect here"))
  }

  @Test func `options of adder graphs are refused for processors`() async throws {
    let scratch = try Scratch()
    let model = try scratch.write("small.tricot", Self.network)
    let words = ["--backend", "processors", "--extra-depth", "0", "-o", scratch.file("p")]
    let run = try await Invocation.tricot(["compile", model] + words)
    #expect(run.status == 2 && run.errors.contains("--extra-depth has no effect here"))
    let verilog = try await Invocation.tricot("compile", model, "--extra-depth", "0", "-o", scratch.file("v"))
    #expect(verilog.status == 0)
  }
}
