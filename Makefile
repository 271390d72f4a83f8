# SPDX-License-Identifier: Apache-2.0
# The commands a developer types. Each is a thin door to CMake or to a program in tools/.
.PHONY: build test up down tour bench format tidy clean

# Release into build/; then what took the compiler longest.
build:
	tools/deps build
	cmake -G Ninja -B build -DCMAKE_BUILD_TYPE=Release
	ninja -C build
	tools/slowest build

# What .ci/run runs: build, unit and HTTP tests, the same under sanitizers, then the end-to-end tests.
test:
	tools/ci/test

up: build
	tools/up
down:
	tools/down
tour:
	tools/tour
bench: build
	tools/bench

format:
	git ls-files -z '*.cc' '*.h' | xargs -0 clang-format -i

# Changed sources only. Without the compile commands: clang cannot read GCC's precompiled header.
tidy:
	git diff --name-only --diff-filter=d $$(git merge-base main HEAD) -- '*.cc' \
	  | xargs -r -n 1 -I{} clang-tidy --quiet {} -- -std=c++20 -Isrc

clean:
	rm -rf build build-sanitize
