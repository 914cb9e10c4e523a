import LinearAlgebra
import Metrics
import TestSupport
import Testing

@Suite struct PredictionTests {
  @Test func rankingCurvesAreScikitLearns() throws {
    for (name, figure) in try ClusteringFigures.load().aupr {
      let rows = try Reference.numbers("Metrics/aupr_\(name).tsv", headerCount: 1)
      let curves = RankingCurves(truth: rows.map { $0[0] == 1 }, scores: rows.map { $0[1] })
      let area = try #require(curves.precisionRecallArea)
      #expect(area.isClose(to: figure.auc_trapezoid, .metric), "\(name)")
      let average = try #require(curves.averagePrecision)
      #expect(average.isClose(to: figure.average_precision, .metric), "\(name)")
      if let expected = figure.auroc {
        let roc = try #require(curves.rocArea)
        #expect(roc.isClose(to: expected, .metric), "\(name)")
      } else {
        #expect(curves.rocArea == nil)
      }
    }
    let empty = RankingCurves(truth: [false], scores: [1])
    #expect(empty.precisionRecallArea == nil && empty.averagePrecision == nil)
  }

  @Test func errorsAreScikitLearns() throws {
    let figure = try ClusteringFigures.load().r2
    let truth = Matrix(rows: try Reference.numbers("Metrics/r2_y.tsv"))
    let prediction = Matrix(rows: try Reference.numbers("Metrics/r2_yhat.tsv"))
    let columns = columnDeterminations(truth, prediction)
    #expect(columns.areClose(to: figure.per_column, .metric))
    #expect((columns.reduce(0, +) / Double(columns.count)).isClose(to: figure.mean, .metric))
    #expect(
      rootMeanSquareError(truth.elements, prediction.elements).isClose(to: figure.rmse, .metric))
    #expect(meanAbsoluteError(truth.elements, prediction.elements).isClose(to: figure.mae, .metric))
    #expect(coefficientOfDetermination([2, 2], [2, 2]) == 1)
    #expect(coefficientOfDetermination([2, 2], [2, 3]) == 0)
  }
}
