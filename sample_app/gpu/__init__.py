"""GPU metrics by NVIDIA's names: read from NVML, or simulated from the load of the sample API."""

VERSION = "0.1.0"
