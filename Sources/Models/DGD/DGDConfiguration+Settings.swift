public import Modeling

extension DGDConfiguration {
  /// Flags, run-file members and help, in the order of the help text.
  public static var settings: [Setting<DGDConfiguration>] {
    decoderSettings + mixtureSettings + trainingSettings + dataSettings
  }

  private static var decoderSettings: [Setting<DGDConfiguration>] {
    [
      .integer("latent", \.latent, in: 1...1000, "Length L of a cell's representation."),
      .integers(
        "hidden", \.hidden, in: 1...100_000,
        "Widths of the decoder's hidden layers (ReLU), from the representation outwards; none: one layer."
      ),
      .choice(
        "likelihood", \.likelihood,
        "What the data are: counts (negative binomial), real values (squared error) or values in 0…1 (cross entropy)."
      ),
      .choice(
        "dispersions", \.dispersions,
        "Dispersions of counts: estimated (r > 0, from the largest likelihood of the mean profile on, with steps of their own), published (r = 1 + e^ρ from 2 on, with the decoder's steps), or by the start."
      ),
      .choice(
        "activation", \.output,
        "Activation of the output layer; the expected count is activation × scale of the cell."),
      .choice(
        "scaling", \.scaling,
        "Scale of a cell: its total, mean or maximum count, or none. Softmax always uses the total."
      ),
      .text(
        "mask", \.mask, "<varm matrix>",
        "Genes × inputs of the output layer: where it is zero the weight does not exist (Paper I's sparse decoder)."
      ),
    ]
  }

  private static var mixtureSettings: [Setting<DGDConfiguration>] {
    [
      .integer(
        "components", \.components, in: 0...10_000, or: "labels", \.componentsAreLabels,
        "Components K of the Gaussian mixture over representations: a number, or labels for as many as --labels has classes; 0: no prior (Paper I)."
      ),
      .choice(
        "covariance", \.covariance, "Shape of the components; fixed: variances are not learned."),
      .optionalNumber(
        "softball-radius", \.softballRadius, in: 1e-6...1e6,
        "Radius of the softball prior of the means; none: from the spread of the started representations."
      ),
      .number(
        "softball-hardness", \.softballHardness, in: 0.01...1000,
        "Sharpness of the softball's edge."),
      .number(
        "dirichlet", \.dirichlet, in: 1e-6...1e6,
        "Concentration α of the Dirichlet prior of the component weights; 1 is flat."),
      .optionalNumber(
        "sigma", \.sigma, in: 1e-6...1e6,
        "Standard deviation σ0 that the prior of the components' width is centred on; none: by the start."
      ),
      .optionalNumber(
        "sigma-spread", \.sigmaSpread, in: 1e-6...1e6,
        "Standard deviation of the prior of the components' log variances; none: 0.2 after a spectral start, else 1."
      ),
      .choice(
        "prior-weight", \.priorWeight,
        "Whether the mixture's priors count once a data set (paper) or once a sample (reference code)."
      ),
      .flag(
        "supervised", \.supervised,
        "Classes of --labels own components; cells without a class are modelled without."),
      .integer(
        "components-per-class", \.componentsPerClass, in: 1...1000,
        "Components of each class when supervised."),
    ]
  }

  private static var trainingSettings: [Setting<DGDConfiguration>] {
    [
      .choice(
        "start", \.start,
        "spectral: principal components, mixture by EM; published: zeros and random means."),
      .optionalInteger(
        "frozen-epochs", \.frozenEpochs, in: 0...1_000_000,
        "First epochs in which only the decoder learns, after a spectral start; none: 15, or 135 minibatches if that is more, at most a quarter of --epochs."
      ),
      .optionalInteger(
        "epochs", \.epochs, in: 1...1_000_000,
        "Most passes over the training cells; none: 480, or as many as make 4320 minibatches, a quarter of that without validation cells (500 from the published start)."
      ),
      .optionalInteger(
        "patience", \.patience, in: 0...1_000_000,
        "Stop after so many epochs in which the validation loss did not become better by a two-thousandth, counted from where representations move, with the best epoch's state; 0: train all epochs; none: 20, or 180 minibatches if that is more (from the published start 0)."
      ),
      .integer("batch", \.batch, in: 1...1_000_000, "Cells of a minibatch, over all ranks."),
      .optionalInteger(
        "lanes", \.lanes, in: 1...65_536,
        "Shares that the cells are cut into, the most ranks that can help; none: batch / 16."),
      .number("decoder-rate", \.decoderRate, in: 0...10, "Adam's learning rate of the decoder."),
      .number(
        "representation-rate", \.representationRate, in: 0...10,
        "Learning rate of the representations, one step an epoch."),
      .number("mixture-rate", \.mixtureRate, in: 0...10, "Adam's learning rate of the mixture."),
      .integers(
        "rate-epochs", \.rateEpochs, in: 0...1_000_000,
        "Epochs at which the decoder's rate is multiplied by --rate-factor."),
      .number("rate-factor", \.rateFactor, in: 0...10, "See --rate-epochs."),
      .number("beta1", \.beta1, in: 0...0.999_999, "Adam's decay of the first moment."),
      .number("beta2", \.beta2, in: 0...0.999_999, "Adam's decay of the second moment."),
      .number(
        "weight-decay", \.weightDecay, in: 0...10,
        "L2 penalty on decoder, representations and mixture, coupled as in torch's Adam."),
      .choice(
        "products", \.products,
        "What training's matrix products are rounded to; bfloat16 halves their time on processors that multiply such numbers (AMD since Zen 4, Intel since Cooper Lake) and costs time on others."
      ),
      .optionalNumber(
        "representation-momentum", \.representationMomentum, in: 0...0.999_999,
        "Gradient descent with this momentum for the representations (Paper I); none: Adam."),
      .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
    ]
  }

  private static var dataSettings: [Setting<DGDConfiguration>] {
    [
      .text(
        "labels", \.labels, "<obs column>",
        "Classes: the split is stratified by them; they teach only with --supervised."),
      .number(
        "validation-fraction", \.validationFraction, in: 0...0.99,
        "Fraction of cells that never move the decoder and tell when to stop."),
      .number(
        "test-fraction", \.testFraction, in: 0...0.99,
        "Fraction of cells kept for the evaluation after training."),
      .integer(
        "embedding-steps", \.embeddingSteps, in: 0...10_000,
        "Most steps on the representation of a cell outside training; from the best start it ends when its loss falls no more, from the others all are taken."
      ),
      .choice(
        "embedding-start", \.embeddingStart,
        "Where that representation starts: the projection of the spectral start, the best component's mean (published), or both, followed to the bottom of the loss, where the best is kept."
      ),
    ]
  }
}
