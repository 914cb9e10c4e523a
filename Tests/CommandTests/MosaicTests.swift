import Foundation
import Modeling
import Storage
import TestSupport
import Testing

extension CommandTests {
  /// A fit of several modalities, of which each cell has one or two.
  @Suite(.serialized, .enabled(if: Mpirun.isAvailable, "mpirun is missing"))
  struct MosaicTests {
    private let place: Workplace
    private let cellCount = 80
    /// The cells of each modality, in the order of its own rows.
    private let cells = ["rna": Array((0..<50).reversed()), "protein": Array(30..<80)]
    private let widths = ["rna": 20, "protein": 5]
    private let names = ["rna", "protein"]

    init() throws {
      place = try Workplace()
      let writer = try AnnDataWriter(
        place.path("mosaic.h5mu"), overwrite: false, rank: 0, modalities: names)
      writer.write(rows: Table(names: (0..<cellCount).map { "cell\($0)" }))
      writer.write(columns: Table(names: names.flatMap(features)))
      for name in names {
        let own = cells[name] ?? []
        let places = (0..<cellCount).map { cell in Int64(own.firstIndex(of: cell) ?? -1) + 1 }
        writer.write(.integers(places, shape: [cellCount]), at: "obsmap/\(name)")
        writer.select(modality: name)
        writer.write(
          rows: Table(
            names: own.map { "cell\($0)" },
            columns: [
              NamedColumn("kind", .strings(own.map { "k\($0 % 3)" })),
              NamedColumn("only_\(name)", .integers(own.map { Int64($0) })),
            ]))
        writer.write(columns: Table(names: features(name)))
        let width = widths[name] ?? 0
        writer.write(
          own.flatMap { cell in (0..<width).map { Float(count(name, cell, $0)) } },
          shape: [own.count, width], at: "X")
        writer.select(modality: nil)
      }
      try writer.finish()
    }

    private func features(_ name: String) -> [String] {
      (0..<(widths[name] ?? 0)).map { "\(name)\($0)" }
    }

    private func count(_ name: String, _ cell: Int, _ column: Int) -> Int {
      (7 * cell + 3 * column + name.count) % 5
    }

    private func fit(_ output: String, ranks: Int) throws -> Command.Outcome {
      try Mpirun.run(
        "RankChecks", ["modalities", "mosaic.h5mu", output], rankCount: ranks,
        directory: place.folder)
    }

    @Test func everyRankCountWritesTheSameMuData() throws {
      for ranks in [1, 2, 3] {
        let outcome = try fit("\(ranks).h5mu", ranks: ranks)
        try #require(outcome.status == 0, "\(outcome)")
        #expect(try place.fitBytes("\(ranks).h5mu") == place.fitBytes("1.h5mu"), "\(ranks) ranks")
      }
      let path = place.path("1.h5mu")
      let common = try AnnDataFile.common(of: path)
      var warnings: [String] = []
      let rows = try common.rows(warnings: &warnings)
      #expect(rows.names == (0..<cellCount).map { "cell\($0)" })
      for name in names {
        let own = try #require(cells[name])
        let width = try #require(widths[name])
        let sums = (0..<width).map { column in
          own.reduce(0) { $0 + count(name, $1, column) }
        }
        let file = try AnnDataFile(path, modality: name)
        #expect(
          try file.columns(warnings: &warnings)["mean"]
            == .numbers(sums.map { Double($0) / Double(own.count) }))
        #expect(try file.rows(warnings: &warnings).names == own.sorted().map { "cell\($0)" })
        #expect(
          rows["total_\(name)"]
            == .numbers(
              (0..<cellCount).map { cell in
                own.contains(cell)
                  ? Double((0..<width).reduce(0) { $0 + count(name, cell, $1) }) : 0
              }))
        // What only one modality says of its cells is common, with gaps; what both say is kept apart.
        #expect(
          rows["only_\(name)"]
            == .integers((0..<cellCount).map { own.contains($0) ? Int64($0) : nil }))
        let kinds = rows["\(name):kind"]?.asCategories
        #expect(
          kinds?.codes.map { $0 < 0 ? nil : kinds?.names[Int($0)] }
            == (0..<cellCount).map { own.contains($0) ? "k\($0 % 3)" : nil })
      }
      #expect(try common.array("obsm/X_profile").shape == [cellCount, 2])
    }

    @Test func anAnnDataFileForSeveralModalitiesIsRefusedBeforeTheFit() throws {
      let outcome = try fit("fit.h5ad", ranks: 2)
      #expect(outcome.status == 2 && outcome.errors.contains(".h5mu"), "\(outcome)")
      #expect(!place.has("fit.h5ad"))
    }

    static let python = ProcessInfo.processInfo.environment["DISTFIT_PYTHON_MUDATA"]

    @Test(.enabled(if: python != nil, "DISTFIT_PYTHON_MUDATA names no Python with mudata"))
    func mudataOpensTheFitWithoutWarnings() throws {
      try #require(try fit("fit.h5mu", ranks: 2).status == 0)
      let script = """
        import warnings; warnings.simplefilter('error')
        import mudata, sys
        mudata.set_options(pull_on_update=False)
        m = mudata.read_h5mu(sys.argv[1])
        assert m.shape == (80, 25) and list(m.mod) == ['rna', 'protein'], m
        assert m['rna'].shape == (50, 20) and m['protein'].shape == (50, 5)
        assert (m.obsmap['rna'] > 0).sum() == 50 and (m.obsmap['protein'] > 0).sum() == 50
        assert list(m['rna'].obs_names) == list(m.obs_names[m.obsmap['rna'].ravel() > 0])
        assert list(m['protein'].obs_names) == list(m.obs_names[m.obsmap['protein'].ravel() > 0])
        assert m.obsm['X_profile'].shape == (80, 2)
        assert m['rna'].varm['profile'].shape == (20, 1) and m['protein'].var['mean'].notna().all()
        assert m.uns['distfit']['model'] == 'profile'
        m.write(sys.argv[1] + '.copy')
        """
      let outcome = try Command.run(
        URL(fileURLWithPath: try #require(Self.python)), ["-c", script, place.path("fit.h5mu")],
        directory: place.folder)
      #expect(outcome.status == 0, "\(outcome)")
    }
  }
}
