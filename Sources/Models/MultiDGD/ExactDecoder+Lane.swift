package import LinearAlgebra
import Modeling
import Networks

extension ExactDecoder {
  /// The gradient of Σ −log p(x | z) over some cells of a lane, and that loss, over the kinds of data that each has.
  ///
  /// - Parameter inputs: representations of the cells, all spaces side by side.
  package func gradient(
    of lane: DGDLane, _ positions: [Int], at inputs: [Double], on workers: Workers
  ) -> (loss: [Double], gradient: Gradient) {
    let batch = DecoderBatch<Double>(
      inputs: inputs, groups: LaneGroups(sizes: [positions.count]),
      heads: heads.enumerated().map { h, head in
        let values = lane.values[h]
        return HeadBatch(
          [
            HeadBatch.Piece(
              matrix: values.matrix, scales: values.scales.map { Double($0) },
              places: positions.map(values.place))
          ], columnCount: head.output.specification.outputCount)
      })
    return (losses(batch, on: workers), gradient(batch, on: workers))
  }
}
