public import Modeling

extension Autoencoder {
  /// Two epochs and more of two minibatches with validation, and the end.
  public static var examples: [ModelExample] {
    let first = ModelExample(
      [
        "latent": "3", "hidden": "6", "batch": "24", "epochs": "4", "importance-samples": "2",
      ],
      // Of so few that no unit comes close to the kink of its ReLU.
      checkedRowCount: 5,
      except: [
        .rowOrder: "the split, the minibatches and the noise are keyed by the numbers of the rows"
      ])
    return [
      first,
      first.varied(["likelihood": "zero-inflated", "library": "latent", "layers": "2"]),
      first.varied([
        "likelihood": "poisson", "batch-key": "donor", "latent-distribution": "logistic-normal",
      ]),
      first.varied(["dispersion": "gene-batch", "batch-key": "donor", "start": "published"]),
      first.varied([
        "dispersion": "gene-label", "labels": "class", "dropout": "0", "kl-warmup-epochs": "2",
        "patience": "1",
      ]),
    ]
      + Kind.variants.map {
        first.varied($0.merging(["library": "latent", "batch-key": "donor"]) { own, _ in own })
      }
  }

  /// Latents up to an invertible map.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: AutoencoderSimulator.self,
      ["genes": "60", "latent": "2", "density": "0.6", "batches": "1"],
      rows: ("cells", 60, 400),
      settings: [
        "latent": "2", "hidden": "32", "epochs": "150", "importance-samples": "1", "dropout": "0",
        "patience": "none",
      ],
      (truth: .rows("X_true"), estimate: .rows("X_\(name)")), limit: 0.3)
  }

  /// All arrays of the shared state.
  public static var parameters: [ModelParameter] {
    [
      ModelParameter(
        "weights, biases, scales, shifts and log dispersions of the networks",
        at: "network/*/values", "by layer"),
      .record("moments of the networks", at: "network/*/firstMoments"),
      .record("second moments of the networks", at: "network/*/secondMoments"),
      .record("units of gradients", at: "network/*/units"),
      .record("units of the inflation's gradients", at: "network/output/inflationUnits"),
      .record("running means", at: "network/*/runningMeans"),
      .record("running variances", at: "network/*/runningVariances"),
      .record("momentum of running statistics", at: "network/*/momentum"),
      .record("stabilisers of normalisations", at: "network/*/epsilon"),
      .record("probability of dropout", at: "network/*/probability"),
      .record("stabiliser of the output layer", at: "network/output/specification"),
      .record("priors of the libraries", at: "libraryPriors"),
      .record("model without latents", at: "null"), .record("best epoch", at: "best"),
      .record("sums of the epoch", at: "epochSums"),
      .record("strengths of the factors", at: "strengths"),
    ]
  }
}
