// TileKernelsAVX2
