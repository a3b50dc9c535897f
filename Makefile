# Shortcuts; the scripts do the work and install what is missing.
# make demo    compiles the example jet tagger, proves its Verilog equal to the simulator, shows the estimate
# make test    runs all tests
# make build   the command line only: .build/release/tricot

.DEFAULT_GOAL := build
.PHONY: build demo test clean

build:
	scripts/install-requirements.sh
	swift build -c release --product tricot

demo:
	scripts/demo.sh

test:
	scripts/test.sh

clean:
	rm -rf .build
