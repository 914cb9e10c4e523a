public import Modeling

/// Every model, in the order of the help text: one list feeds commands, documentation and the test battery.
public let allModels: [any CheckableModel.Type] = [
  DGD.self, MultiDGD.self, PRRR.self, NonnegativePRRR.self, GaussianRRR.self, TBLDA.self,
  LDVAE.self, VAE.self, MEDMAGMA.self,
  GmGM.self,
]

/// Every simulator of `distfit simulate`.
public let allSimulators: [any Simulator.Type] = [
  DGDSimulator.self, RegulatorySimulator.self,
  PRRRSimulator.self, NonnegativePRRRSimulator.self, SplatterSimulator.self,
  TBLDASimulator.self, AutoencoderSimulator.self,
  KroneckerSimulator.self,
]
