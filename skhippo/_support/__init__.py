"""What every layer may lean on: compilation, threads, quadrature, allocation, files, validation."""
