import DesignBuilding
import Devices
import Estimation
import Fuzzing
import NetlistPasses
import Testing
import Verification
import VerilogBackend

/// Estimates of random networks against yosys.
@Suite struct EstimateAccuracyTests {
  @Test(
    .enabled(if: ExternalTool.yosys.isAvailable, "yosys is not installed"),
    arguments: 0..<3
  )
  func `estimates of random networks are what yosys counts`(block: Int) async throws {
    // The first of the block with enough logic to compare.
    for seed in (block * 40)..<(block * 40 + 40) {
      var random = RandomFixedPointGraph(seed: UInt64(seed))
      random.allowsStepwise = false
      let graph = random.graph(layers: 12)
      let options = DesignOptions(pipeline: PipelineOptions(clockPeriod: 5), delays: DelayModel.of(.ultraScalePlus))
      let design = try DesignMaker.design(of: graph, options: options)
      let estimate = DesignEstimate(design).total
      guard (200...4000).contains(estimate.lut), estimate.dsp == 0, estimate.bram18 == 0 else { continue }
      let files = try VerilogBackend.emit(design, options: VerilogOptions(top: "top", part: PartCatalogue.all[0]))
      let counts = try await YosysRun.synthesize(
        files,
        top: "top",
        family: .ultraScalePlus,
        usesMultipliers: false
      ).resources
      #expect(
        abs(estimate.lut - counts.lut) * 10 <= counts.lut,
        "seed \(seed): LUT \(estimate.lut), yosys \(counts.lut)"
      )
      #expect(
        abs(estimate.ff - counts.ff) * 100 <= max(3 * counts.ff, 500),
        "seed \(seed): FF \(estimate.ff), yosys \(counts.ff)"
      )
      return
    }
    Issue.record("no seed makes a network of the right size")
  }
}
