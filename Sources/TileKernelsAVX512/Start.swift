// TileKernelsAVX512
