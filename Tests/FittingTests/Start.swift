// FittingTests
