import Metrics
import TestSupport
import Testing

@Suite struct RankingCurvesTests {
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
}
