import Devices
import Lowering
import NetlistPasses

/// How a model is built.
///
/// Nothing here changes a bit of what it computes.
package struct DesignOptions: Sendable {
  package var lowering: LoweringOptions
  package var pipeline: PipelineOptions
  package var delays: DelayModel
  package var hierarchy: HierarchyChoice
  package var recurrence: RecurrenceChoice
  /// Positions that every kernel computes at once, whatever its layer says; nil: as the layer says, else all.
  package var parallelPositions: Int?
  /// Whether layers of the resource strategy share multipliers by their reuse factor; else all are unrolled.
  package var allowsReuse: Bool

  package init(
    lowering: LoweringOptions = LoweringOptions(),
    pipeline: PipelineOptions,
    delays: DelayModel,
    hierarchy: HierarchyChoice = .automatic,
    recurrence: RecurrenceChoice = .unrolled,
    parallelPositions: Int? = nil,
    allowsReuse: Bool = true
  ) {
    self.lowering = lowering
    self.pipeline = pipeline
    self.delays = delays
    self.hierarchy = hierarchy
    self.recurrence = recurrence
    self.parallelPositions = parallelPositions
    self.allowsReuse = allowsReuse
  }
}
