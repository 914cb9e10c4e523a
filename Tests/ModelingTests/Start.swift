// ModelingTests
