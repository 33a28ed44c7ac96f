# Shortcuts for the presets of CMakePresets.json and the programs in scripts/.
CMAKE_BUILD_PARALLEL_LEVEL ?= $(shell nproc)
CTEST_PARALLEL_LEVEL ?= $(shell nproc)
export CMAKE_BUILD_PARALLEL_LEVEL CTEST_PARALLEL_LEVEL

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c

# $(call build,PRESET,OPTIONS): configures quietly and builds.
build = @cmake --preset $(1) $(2) > /dev/null && cmake --build --preset $(1)

.PHONY: build deb demo test check long cuda asan parity parity-all fuzz tidy format bench clean

build: ## build/residual
	@scripts/setup build
	$(call build,release,-DRESIDUAL_TESTS=OFF)

deb: build ## build/deb/residual_*.deb
	@scripts/setup package
	@cmake --build --preset release --target deb

demo: build ## train, evaluate and use a model on the built-in images
	@scripts/demo

test: ## the tests, in the release build
	@scripts/setup test
	$(call build,release,-DRESIDUAL_TESTS=ON)
	@scripts/test release -LE 'torch|long'

check: test long asan parity-all tidy fuzz ## test, and all longer checks

long: ## the tests that take minutes
	@scripts/setup test
	$(call build,release,-DRESIDUAL_TESTS=ON)
	@scripts/test release -L long

cuda: ## the tests of a build with the CUDA backend; a GPU is not needed
	@scripts/setup test
	@scripts/setup cuda
	$(call build,cuda,-DRESIDUAL_TESTS=ON)
	@scripts/test cuda -L fast

asan: ## the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/setup test
	$(call build,asan)
	@scripts/test asan

parity: ## the live comparisons with PyTorch
	@scripts/setup check
	$(call build,release,-DRESIDUAL_TESTS=ON)
	@scripts/test release -L '^torch$$' | tee build/parity.log
	@! grep -F Skipped build/parity.log

parity-all: parity ## the same for every network in the list: up to an hour
	@scripts/test release -L slow-torch | tee build/parity-all.log
	@! grep -F Skipped build/parity-all.log

tidy: ## clang-tidy
	@scripts/setup check
	@scripts/tidy

fuzz: ## every parser of untrusted bytes, a minute each; scripts/fuzz --runs 1000000 for longer
	@scripts/setup check
	@scripts/fuzz

format: ## format the sources
	@scripts/format

bench: build ## the comparison with PyTorch that the README quotes
	@scripts/setup check
	@bench/compare_pytorch

clean:
	rm -rf build build-*
