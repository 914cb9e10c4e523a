public import LinearAlgebra
public import Modeling
import Networks
import Probability
public import Sums

/// multiDGD: a deep generative decoder of any number of modalities, of which a cell has some, and of covariates such as
/// batch and donor, each with a small latent space of its own.
///
///     minimise  Σ_i [ Σ_m −log p(x_im | z_i, c_i1 …) − log p(z_i | φ) − Σ_q log p(c_iq | φ_q, class_iq) ] − ω log p(φ …)
///     t = trunk([z, c_1, …])      y_m = softmax(head_m(t))      x_mg ~ NB(mean s_m y_mg, dispersion r_mg)
///
/// | Symbol | Meaning | Shape | In code |
/// |---|---|---|---|
/// | x_im, s_im | counts of cell i in modality m, and their total | G_m | `DGDLane.values` |
/// | z_i | representation of cell i | L | `DGDLane.saved.spaces[0]` |
/// | c_iq | its representation for covariate q | 2 | `DGDLane.saved.spaces[q]` |
/// | φ, φ_q | mixtures; the components of φ_q belong to the covariate's classes | | `DGDShared.spaces` |
/// | θ | trunk, heads, dispersions | | `DGDShared.decoder` |
///
/// With one modality and no covariates it is the deep generative decoder, to the bit: all steps are `DGD`'s, with more
/// heads and spaces.
///
/// | Deviation | Paper | Reference code | distfit default | Why |
/// |---|---|---|---|---|
/// | modalities | 2 | 1 or 2, one alone crashes | any number | |
/// | covariates | any number | the first | any number | the stated model |
/// | cells without a modality | triangle loss on copies | switched off | their own modalities count | the likelihood of what was measured |
/// | L1 of the weights | – | 1 in every minibatch | 0 (`l1`) | not in the paper |
/// | covariate of held-out cells | – | from zero | from its class and from the best class | a known site is known |
/// | start | zeros | zeros | principal components of all modalities | zeros collapse on small data |
///
/// Sources: Schuster, Dann, Krogh and Teichmann 2024, doi:10.1038/s41467-024-53340-z (Paper III); code
/// Center-for-Health-Data-Science/multiDGD@3887a98.
public struct MultiDGD: Model {
  /// The model's name in commands and files, `multidgd`.
  public static let name = "multidgd"
  /// For the help text.
  public static let summary =
    "multiDGD: a deep generative decoder of several modalities (RNA, ATAC, proteins), paired or not, with covariates such as batch and donor."

  /// The settings of the fit.
  public let configuration: MultiDGDConfiguration
  /// What takes the steps.
  package let machine: DGD

  /// A model of this data.
  ///
  /// - Throws: `ModelError` where a column is missing or the data are too few for the split.
  public init(
    _ configuration: MultiDGDConfiguration, for data: DataSummary
  ) throws(ModelError) {
    self.configuration = configuration
    machine = try DGD(
      configuration.decoder(for: data), configuration.architecture(for: data), for: data)
  }

  /// One for every 16 cells of a minibatch, unless set; never more than there are cells.
  public static func laneCount(_ configuration: MultiDGDConfiguration, rowCount: Int) -> Int {
    DGD.laneCount(configuration.decoder, rowCount: rowCount)
  }

  /// All that the data have.
  public static func modalities(_ configuration: MultiDGDConfiguration) -> ModalityRequest { .all }

  /// A lane with representations at zero, of covariates at the cells' classes.
  ///
  /// - Throws: `ModelError` for values that are no counts.
  public func lane(from rows: RowData) throws(ModelError) -> DGDLane {
    try machine.lane(from: rows)
  }

  /// The state before the first step.
  public func start() -> DGDShared { machine.start() }

  /// One minibatch, one pass over the validation cells, one step of the start or of the test cells.
  ///
  /// Collective.
  public func step<Everyone: Team & ~Copyable>(
    _ shared: inout DGDShared, _ lanes: inout [DGDLane], with everyone: borrowing Everyone,
    on workers: Workers
  ) throws(SumFault) -> StepReport {
    try machine.step(&shared, &lanes, with: everyone, on: workers)
  }

  /// obs: the split, components, scales and losses of each modality; obsm: the representations.
  public func rowOutput(_ shared: DGDShared, _ lane: DGDLane) -> RowOutput {
    machine.rowOutput(shared, lane)
  }
}

extension MultiDGD: CheckableModel {
  /// Derivatives of the loss of a few cells along random directions against differences, modality by modality and space
  /// by space.
  ///
  /// - Throws: `ModelError` where the settings and the data do not go together.
  public static func check(
    _ configuration: MultiDGDConfiguration, data: DataSummary, rows: RowData
  ) throws -> [GradientComparison] {
    let model = try MultiDGD(configuration, for: data)
    return model.machine.check([try model.lane(from: rows)])
  }

  /// Two epochs of two minibatches with validation, three steps of the test cells, the end: ten steps in all.
  public static var examples: [ModelExample] {
    let keyed: [ModelProperty: String] = [
      .rowOrder: "the split and the minibatches are keyed by the numbers of the rows"
    ]
    let small = ModelExample(
      [
        "latent": "3", "trunk": "8", "head": "6", "head-width": "5", "components": "3",
        "batch": "24", "epochs": "2", "frozen-epochs": "1", "embedding-steps": "3",
        "start": "published", "covariates": "class",
      ],
      on: .mosaic,
      unknown: Set(
        ["", "_first", "_second", "_third"].flatMap { modality in
          [
            "negative_log_likelihood", "null_negative_log_likelihood", "squared_error", "scale",
            "zeros", "expected_zeros", "squared_residual",
          ].map { "multidgd_\($0)\(modality)" }
        }
          + ["", "_class", "_donor"].map { "multidgd_component_probability\($0)" }),
      checkedRowCount: 2, except: keyed)
    return [
      small,
      small.varied(["start": "spectral", "covariates": "none", "epochs": "4"]),
      small.varied(["start": "spectral", "covariates": "class,donor", "epochs": "4"]),
      small.varied(["l1": "0.5", "covariate-supervision": "plain"]),
      small.varied(
        ["prior-weight": "per-data-set", "components": "none", "labels": "class"]),
      small.varied(["trunk": "none", "head": "none", "head-width": "none"]),
      small.varied(["covariates": "none"], on: .counts),
    ]
  }

  /// Representations up to an invertible map.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: DGDSimulator.self,
      ["genes": "60", "components": "3", "latent": "2", "density": "0.6"],
      rows: ("cells", 40, 240),
      settings: [
        "latent": "2", "trunk": "none", "head": "none", "head-width": "32", "components": "3",
        "epochs": "60",
      ],
      (truth: .rows("X_true"), estimate: .rows("X_multidgd")), limit: 0.2)
  }

  /// All arrays of the shared state; the lanes hold the representations.
  public static var parameters: [ModelParameter] {
    let places = [("trunk", "the trunk"), ("heads/*/hidden", "the heads' hidden layers")]
    return places.flatMap { place, layers in
      [
        ModelParameter(
          "weights and biases of \(layers)", at: "decoder/\(place)/*/values", "by layer"),
        .record("moments of \(layers)", at: "decoder/\(place)/*/firstMoments"),
        .record("second moments of \(layers)", at: "decoder/\(place)/*/secondMoments"),
        .record("units of the gradients of \(layers)", at: "decoder/\(place)/*/units"),
      ]
    } + DGD.parameters.filter { !$0.path.hasPrefix("decoder/heads/*/hidden") }
  }
}
