# make demo    compiles the example jet tagger, proves its Verilog equal to the simulator, shows the estimate
# make test    runs all tests
# make build   the command line only: .build/release/tricot

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := build
.PHONY: requirements build demo test clean

TRICOT := .build/release/tricot
EXAMPLE := Examples/jet-tagger

requirements:
	@scripts/install-requirements.sh

build: requirements
	swift build -c release --product tricot

demo: build
	@scripts/demo.sh $(TRICOT) $(EXAMPLE)

test: requirements
	@scripts/test.sh

clean:
	rm -rf .build
