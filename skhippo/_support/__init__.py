"""Support for all layers: compilation, threads, quadrature, allocation, files, validation."""
