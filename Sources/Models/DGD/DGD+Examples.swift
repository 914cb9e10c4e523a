public import Modeling

extension DGD {
  /// Two epochs of two minibatches with validation, the test cells, the end: eight steps in all.
  public static var examples: [ModelExample] {
    let keyed: [ModelProperty: String] = [
      .rowOrder: "the split and the minibatches are keyed by the numbers of the rows"
    ]
    let small = ModelExample(
      [
        "latent": "3", "hidden": "8,6", "components": "3", "batch": "24", "epochs": "2",
        "frozen-epochs": "1", "embedding-steps": "3", "start": "published",
      ],
      unknown: [
        "dgd_negative_log_likelihood", "dgd_null_negative_log_likelihood", "dgd_squared_error",
        "dgd_zeros", "dgd_expected_zeros", "dgd_squared_residual", "dgd_component_probability",
      ], checkedRowCount: 2,
      except: keyed)
    return [
      small,
      small.varied(["start": "spectral", "embedding-start": "component", "epochs": "4"]),
      small.varied(["labels": "class", "supervised": "true", "components-per-class": "2"]),
      small.varied(["likelihood": "gaussian", "activation": "identity"], on: .logarithms),
      small.varied(["likelihood": "bernoulli", "activation": "sigmoid"], on: .fractions),
      small.varied(["activation": "softplus", "scaling": "maximum", "covariance": "isotropic"]),
      small.varied(["activation": "sigmoid", "scaling": "mean", "covariance": "fixed"]),
      small.varied(["components": "0", "representation-momentum": "0.9"]),
      small.varied(
        ["products": "bfloat16", "prior-weight": "per-data-set"],
        except: keyed.merging([.derivatives: "products are rounded to eight binary digits"]) { $1 }),
      small.varied(["mask": "mask", "rate-epochs": "1"]),
      small.varied(["dispersions": "estimated", "embedding-start": "component"]),
      small.varied([
        "start": "spectral", "embedding-start": "projection", "epochs": "4", "patience": "1",
        "components": "labels", "labels": "class",
      ]),
      small.varied(
        ["batch": "60", "epochs": "6", "validation-fraction": "0", "test-fraction": "0"],
        rowOrderTolerance: 1e-3, except: [:]),
    ]
  }

  /// Representations up to an invertible map.
  public static var recovery: ModelRecovery {
    ModelRecovery(
      from: DGDSimulator.self,
      ["genes": "60", "components": "3", "latent": "2", "density": "0.6"],
      rows: ("cells", 40, 240),
      settings: ["latent": "2", "hidden": "none", "components": "3", "epochs": "none"],
      (truth: .rows("X_true"), estimate: .rows("X_dgd")), limit: 0.2)
  }

  /// All arrays of the shared state; the lanes hold the representations.
  public static var parameters: [ModelParameter] {
    [
      ModelParameter(
        "weights and biases of the hidden layers", at: "decoder/heads/*/hidden/*/values", "by layer"
      ),
      .record("moments of the hidden layers", at: "decoder/heads/*/hidden/*/firstMoments"),
      .record("second moments of the hidden layers", at: "decoder/heads/*/hidden/*/secondMoments"),
      .record("units of the hidden layers' gradients", at: "decoder/heads/*/hidden/*/units"),
      ModelParameter(
        "weights, biases and dispersions of the output layer",
        at: "decoder/heads/*/output/parameters/values",
        "G × (H + 2), padded"),
      .record("moments of the output layer", at: "decoder/heads/*/output/parameters/firstMoments"),
      .record(
        "second moments of the output layer", at: "decoder/heads/*/output/parameters/secondMoments"),
      .record(
        "units of the output layer's gradients", at: "decoder/heads/*/output/parameters/units"),
      .record("stabiliser of the output layer", at: "decoder/heads/*/output/specification"),
      ModelParameter("means of the components", at: "spaces/*/mixture/means", "K × L"),
      ModelParameter(
        "log precisions of the components", at: "spaces/*/mixture/logPrecisions", "K × L"),
      ModelParameter("logits of the components' weights", at: "spaces/*/mixture/weightLogits", "K"),
      .record("prior of the mixture", at: "spaces/*/prior"),
      .record("moments of the mixture", at: "spaces/*/firstMoments"),
      .record("second moments of the mixture", at: "spaces/*/secondMoments"),
      .record("spectral start", at: "start"), .record("projection of new cells", at: "projection"),
      .record("moments of the dispersions", at: "decoder/heads/*/dispersions"),
      .record("scales of the representations", at: "spaces/*/scales"),
      .record("model without latents", at: "profiles"),
      .record("loss of the training cells", at: "lossRatio"),
      .record("sums of the epoch", at: "epochSums"), .record("best epoch", at: "best"),
    ]
  }
}
