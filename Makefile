# Shortcuts; the scripts do the work and install what is missing.
# make demo    compiles the example jet tagger, proves its Verilog equal to the simulator, shows the estimate
# make test    runs all tests
# make build   the command line only: .build/release/tricot
# make dist    a tarball with the command line and a Python wheel, which run without Swift: .build/dist

.DEFAULT_GOAL := build
.PHONY: build demo test dist clean

build:
	scripts/install-requirements.sh
	scripts/build-release.sh tricot

demo:
	scripts/demo.sh

test:
	scripts/test.sh

dist:
	scripts/install-requirements.sh
	scripts/dist.sh

clean:
	rm -rf .build
