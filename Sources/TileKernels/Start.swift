// TileKernels
