"""The runtimes where no server is needed: ports, secrets, records, binaries, processes."""
