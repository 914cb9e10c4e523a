public import Modeling

extension AutoencoderSettings {
  /// Flags, run-file members and help.
  public static var settings: [Setting<AutoencoderSettings>] {
    modelSettings + trainingSettings + dataSettings
  }

  private static var modelSettings: [Setting<AutoencoderSettings>] {
    [
      .integer("latent", \.latent, in: 1...1000, "Dimensions L of the latent representation."),
      .choice(
        "latent-distribution", \.latents,
        "normal: z ~ N(0, I); logistic-normal: the softmax of such numbers, shares that add up to 1."
      ),
      .choice(
        "likelihood", \.likelihood, "The distribution of a count around its expected value."),
      .choice(
        "dispersion", \.dispersion,
        "What dispersions belong to: genes, genes in each batch, genes in each class of --labels."),
      .choice(
        "library", \.library,
        "A cell's scale: the observed total of its counts, or a latent with an encoder of its own."),
      .integer("hidden", \.hidden, in: 1...100_000, "Units of each hidden layer of the encoders."),
      .integer("layers", \.layers, in: 1...100, "Hidden layers of the encoder of the latents."),
      .number(
        "dropout", \.dropout, in: 0...0.99,
        "Probability with which a unit of the encoders is left out in training."),
    ]
  }

  private static var trainingSettings: [Setting<AutoencoderSettings>] {
    [
      .choice(
        "start", \.start,
        "estimated: decoder at the mean profile, dispersions by maximum likelihood around it; published: random."
      ),
      .optionalInteger(
        "epochs", \.epochs, in: 1...1_000_000,
        "Passes over the training cells; none: 2 000 000 / cells, from 10 to 200."),
      .optionalInteger(
        "patience", \.patience, in: 1...1_000_000,
        "Stop after so many epochs without a better validation bound once the warm-up is over, and keep the best state; none: train all epochs."
      ),
      .integer("batch", \.batch, in: 1...1_000_000, "Cells of a minibatch, over all ranks."),
      .optionalInteger(
        "lanes", \.lanes, in: 1...65_536,
        "Shares that the cells are cut into, the most ranks that can help; none: batch / 16."),
      .number("learning-rate", \.rate, in: 0...10, "Adam's learning rate."),
      .optionalNumber(
        "dispersion-rate", \.dispersionRate, in: 0...10,
        "Adam's learning rate of the log dispersions; none: ten times --learning-rate after an estimated start, else the same."
      ),
      .number("beta1", \.beta1, in: 0...0.999_999, "Adam's decay of the first moment."),
      .number("beta2", \.beta2, in: 0...0.999_999, "Adam's decay of the second moment."),
      .number("epsilon", \.epsilon, in: 1e-12...1, "Adam's stabiliser."),
      .number(
        "weight-decay", \.weightDecay, in: 0...10, "L2 penalty, coupled as in torch's Adam."),
      .optionalInteger(
        "kl-warmup-steps", \.warmupSteps, in: 0...1_000_000_000,
        "Minibatches in which the weight of the divergence grows to 1; none: the first quarter of all."
      ),
      .optionalInteger(
        "kl-warmup-epochs", \.warmupEpochs, in: 0...1_000_000,
        "Epochs in which it grows instead, as published (400); none: by minibatches."),
      .integer("seed", \.seed, in: 0...Int.max, "Seed of everything random."),
    ]
  }

  private static var dataSettings: [Setting<AutoencoderSettings>] {
    [
      .text(
        "batch-key", \.batchKey, "<obs column>",
        "Batches (samples, donors, technologies): the decoder knows them, so the latents need not."),
      .text(
        "labels", \.labels, "<obs column>",
        "Classes: the split is stratified by them; they teach only with --dispersion gene-label."),
      .choice(
        "unseen-batch", \.unseenBatch,
        "New cells of a batch that the fit does not know: an error, or decoded by the mean of the batches."
      ),
      .number(
        "validation-fraction", \.validationFraction, in: 0...0.99,
        "Fraction of cells that never move a parameter and tell when to stop."),
      .number(
        "test-fraction", \.testFraction, in: 0...0.99,
        "Fraction of cells kept for the evaluation after training."),
      .integer(
        "importance-samples", \.importanceSamples, in: 1...1_000_000,
        "Draws from each cell's posterior, for its bound and its marginal likelihood."),
    ]
  }
}
