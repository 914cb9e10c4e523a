import Foundation
import TestSupport
import Testing

extension CommandTests {
  /// Genes of each chromosome with variants of each chromosome: the plan, the sweep, what recurs in it.
  @Suite(.serialized) struct ChromosomePairTests {
    private let place: Workplace

    /// 45 genes on three chromosomes, 40 variants on the first two.
    init() throws {
      place = try Workplace()
      try place.succeed([
        "simulate", "tblda", "--donors", "16", "--samples-per-donor", "3", "--genes", "45",
        "--variants", "40", "--topics", "2", "--reads", "4000", "--output", "sim.h5ad",
      ])
      try place.write(
        "gene\tchromosome\tstart\n"
          + (0..<45).map { "gene\($0)\tchr\(1 + $0 / 15)\t\(1000 * $0)\n" }.joined(),
        to: "genes.tsv")
      let variants = try String(contentsOfFile: place.path("sim.bim"), encoding: .utf8)
        .split(separator: "\n").enumerated().map { line, text in
          let fields = text.split(whereSeparator: \.isWhitespace).dropFirst()
          return "\(1 + line / 20)\t" + fields.joined(separator: "\t") + "\n"
        }
      try place.write(variants.joined(), to: "sim.bim")
      try place.write(
        """
        model: tblda
        input: sim.h5ad
        output: fit.h5mu
        genotypes: sim.bed
        gene-positions: genes.tsv
        topics: 2
        tolerance: 1e-4
        refinement: 0
        sweep:
          chromosome-pairs: 1..3
        """, to: "plan.yaml")
    }

    @Test func aPlanCountsWhatIsOnTheChromosomes() throws {
      let words = ["plan", "tblda", "sim.h5ad", "--genotypes", "sim.bed", "--topics", "2"]
      let all = try place.succeed(words).output
      #expect(all.contains("48 cells × 45 genes") && all.contains("16 donors × 40 variants"))
      let some = try place.succeed(
        words + [
          "--gene-chromosome", "2", "--gene-positions", "genes.tsv", "--variant-chromosome", "1",
        ]
      ).output
      #expect(some.contains("48 cells × 15 genes") && some.contains("16 donors × 20 variants"))
      #expect(some.contains("memory of a rank") && some.contains("computing"), "\(some)")
      let none = try place.run(words + ["--variant-chromosome", "3"])
      #expect(none.status == 2 && none.errors.contains("no variants on chromosome 3"), "\(none)")
      let early = try place.succeed([
        "plan", "tblda", "--cells", "60", "--genes", "30", "--donors", "20", "--variants", "50",
        "--topics", "3", "--ranks", "1,4",
      ]).output
      #expect(early.contains("20 donors × 50 variants") && early.contains("4 ranks"), "\(early)")
    }

    @Test(.enabled(if: Mpirun.isAvailable, "mpirun is missing"))
    func aChromosomeWithoutVariantsIsRefusedAndTheOthersRun() throws {
      let list = try place.succeed(["sweep", "plan.yaml", "--list"]).output
      let rows = list.split(separator: "\n").map {
        $0.split(separator: "\t", omittingEmptySubsequences: false)
      }
      #expect(rows.count == 11 && rows[10][0].hasPrefix("9 points, 6 of them "), "\(list)")
      for row in rows[1...9] {
        let isRefused = row[0].hasSuffix("variant-chromosome=3")
        #expect((row[1] == "?") == isRefused && (row.count == 5) == isRefused, "\(row)")
      }
      let words = ["sweep", "plan.yaml", "--output", "sweep"]
      #expect(try place.run(words, ranks: 3).status == 2)
      let status = try place.succeed(words + ["--status"]).output
      #expect(status == "6 of 9 done, 3 failed, 0 running, 0 left\n")
      let table = try String(contentsOfFile: place.path("sweep/results.tsv"), encoding: .utf8)
      #expect(table.contains("has no variants on chromosome 3"), "\(table)")
      try place.succeed([
        "tblda", "robust", "sweep", "--minimum-runs", "1", "--threshold", "0.5", "--output",
        "robust.h5ad",
      ])
      #expect(try place.run(["inspect", "robust.h5ad"]).output.contains("× 45 genes"))
      try checkTests()
      let point = "sweep/points/gene-chromosome=2,variant-chromosome=1/fit.h5mu"
      let inspected = try place.succeed(["inspect", point]).output
      #expect(inspected.contains("modality rna: 48 cells × 15 genes"), "\(inspected)")
      #expect(inspected.contains("modality genotype: 16 cells × 20 genes"), "\(inspected)")
    }

    /// Every fit's genes against its variants, and the rates of each and of all.
    private func checkTests() throws {
      let outcome = try place.succeed([
        "tblda", "eqtl", "sweep/points", "--held-out", "sim.h5ad", "--genotypes", "sim.bed",
        "--per-donor", "mean", "--fdr", "1", "--minimum-frequency", "0", "--minimum-samples", "1",
        "--output", "pairs.tsv",
      ])
      #expect(outcome.errors.contains("in 6 runs and levels"), "\(outcome.errors)")
      let lines = try String(contentsOfFile: place.path("pairs.tsv"), encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
      let header = lines[0].map { String($0) }
      let (gene, variant) = (try column("gene", header), try column("variant", header))
      let (own, all) = (try column("fdr", header), try column("fdr_all", header))
      let (p, fit) = (try column("p", header), try column("fit", header))
      for line in lines.dropFirst() {
        let pair = (Int(line[gene].dropFirst(4)) ?? -1, Int(line[variant].dropFirst(7)) ?? -1)
        #expect(
          line[fit].contains(
            "gene-chromosome=\(1 + pair.0 / 15),variant-chromosome=\(1 + pair.1 / 20)"))
        let rates = [Double(line[own]) ?? .nan, Double(line[all]) ?? .nan]
        #expect(rates.allSatisfy { $0 >= (Double(line[p]) ?? .nan) && $0 <= 1 })
      }
      #expect(lines.count > 1000)
    }

    private func column(_ name: String, _ header: [String]) throws -> Int {
      try #require(header.firstIndex(of: name))
    }

    @Test(
      .enabled(
        if: !(GenotypeFitTests.python ?? "").isEmpty,
        "DISTFIT_PYTHON_MUDATA names no Python with mudata"))
    func mudataOpensThePointsOfASweep() throws {
      #expect(try place.run(["sweep", "plan.yaml", "--output", "sweep"]).status == 2)
      let script = """
        import glob, warnings
        import mudata, numpy
        mudata.set_options(pull_on_update=False)
        warnings.simplefilter('error')
        paths = sorted(glob.glob('sweep/points/*/fit.h5mu'))
        assert len(paths) == 6, paths
        for path in paths:
            fit = mudata.read_h5mu(path)
            rna, genotype = fit['rna'], fit['genotype']
            assert rna.shape == (48, 15) and genotype.shape == (16, 20), path
            assert rna.var_names.isin([f'gene{i}' for i in range(45)]).all()
            assert numpy.allclose(rna.obsm['X_tblda'].sum(1), 1, atol=1e-5)
            assert numpy.allclose(rna.varm['tblda_loadings'].sum(0), 1, atol=1e-4)
            assert ((genotype.varm['tblda_loadings'] > 0) & (genotype.varm['tblda_loadings'] < 1)).all()
        # Points of one gene chromosome have the same genes, those of two have none in common.
        genes = [set(mudata.read_h5mu(path)['rna'].var_names) for path in paths]
        assert genes[0] == genes[1] and not genes[0] & genes[2]
        """
      let outcome = try Command.run(
        URL(fileURLWithPath: GenotypeFitTests.python ?? ""), ["-c", script],
        directory: place.folder)
      #expect(outcome.status == 0, "\(outcome)")
    }
  }
}
