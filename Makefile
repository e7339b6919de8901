# Every target sets up what it needs: Python 3.11+ and make are enough.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
export MPLBACKEND ?= Agg

.PHONY: help demo figures test test-slow fuzz coverage test-aeon test-oldest test-newest lint format docs bench bench-docs bench-history bench-memory soak bench-scattering bench-rnn bench-accuracy bench-accuracy-docs bench-published bench-pyrregular characters reproduce-timescale reproduce-missing reproduce-mnist reproduce-approximation reproduce-figures reproduce-gpu clean
help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 25

# One stamp per set of extras: made once, made again when the requirements change.
$(VENV)/.base: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	@touch $@
$(VENV)/.lint: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,lint]'
	@touch $@
$(VENV)/.docs: $(VENV)/.base
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test,docs]'
	@touch $@

# The demonstration needs no more than a plot and sktime's data set.
$(VENV)/.demo: pyproject.toml constraints.txt
	@test -f $(VENV)/.base || echo "setting up $(VENV): a minute or two"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -f $(VENV)/.base || $(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[plot,sktime]'
	@touch $@

demo: $(VENV)/.demo   ## JapaneseVowels, whole and with half of its observations dropped; a table and a picture
	$(BIN)/python examples/quickstart.py

test: $(VENV)/.base   ## the test suite (minutes)
	$(BIN)/python -m pytest -m "not slow" --benchmark-disable

test-slow: $(VENV)/.base   ## the reproductions of published figures
	$(BIN)/python -m pytest -m slow -rP

fuzz: $(VENV)/.base   ## random panels through every entry point, without end (Ctrl-C); prints panels and worst errors
	$(BIN)/python -m tests.fuzz

coverage: $(VENV)/.base   ## line and branch coverage of the Python code, kernels included (JIT off)
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -m "not slow" --benchmark-disable --cov --cov-report=term-missing -q

# Environments of their own: aeon asks for an older numba, the oldest supported versions are older still, and the newest
# are what the registry has today: they have no stamp, but are looked for each time.
NEWEST ?= python3.13
.venv-newest/bin/python:
	$(NEWEST) -m venv .venv-newest
.venv-aeon/.done: pyproject.toml
	@test -x .venv-aeon/bin/python || $(PYTHON) -m venv .venv-aeon
	.venv-aeon/bin/python -m pip install --quiet --editable '.[aeon]' hypothesis mpmath pytest pytest-benchmark
	@touch $@
.venv-oldest/.done: pyproject.toml constraints-oldest.txt
	@test -x .venv-oldest/bin/python || $(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install --quiet --constraint constraints-oldest.txt --editable '.[test-tools,sktime,plot,progress,dask]'
	@touch $@
# Compiled kernels are kept apart, so that an environment is removed together with its kernels.
APART = NUMBA_CACHE_DIR=$(CURDIR)/.venv-$(1)/numba .venv-$(1)/bin/python -m pytest --benchmark-disable -p no:cacheprovider

test-aeon: .venv-aeon/.done   ## the adapter to aeon, in .venv-aeon
	$(call APART,aeon) tests/test_aeon.py tests/projection tests/transformer skhippo/aeon.py

test-oldest: .venv-oldest/.done   ## the test suite with the oldest supported versions, in .venv-oldest
	$(call APART,oldest) -m "not slow" tests

test-newest: .venv-newest/bin/python   ## the test suite with the newest released versions (NEWEST=python3.13), in .venv-newest
	.venv-newest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[test]'
	$(call APART,newest) -m "not slow"

lint: $(VENV)/.lint   ## ruff (rules and format) and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --strict --follow-imports=silent tests/typing/user.py

format: $(VENV)/.lint   ## let ruff rewrite the files
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.docs   ## HTML documentation in docs/_build/html
	rm -rf docs/api/generated  # pages of names that are gone would be warnings
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html

figures: $(VENV)/.base   ## the figures on pages by command, with commit and date, and those without a command
	$(BIN)/python -m tests.figures

# Kernels of OpenBLAS for another processor would make the limit look lower than it is.
OWN_BLAS := env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE
bench: $(VENV)/.base   ## speed and memory, as ratios measured side by side (minutes; SKHIPPO_BENCH_LONG=1 for T=10^8)
	$(OWN_BLAS) $(BIN)/python -m pytest tests/benchmarks --benchmark-only --benchmark-quiet -q

bench-docs: export SKHIPPO_BENCH_TABLE = docs/performance_table.rst
bench-docs: bench   ## the same, and its tables into docs/performance_table.rst

bench-history: export SKHIPPO_BENCH_HISTORY = 1
bench-history: bench   ## the same, and its ratios into tests/benchmarks/history.jsonl

bench-memory: $(VENV)/.base   ## what an update of a memory costs, and its table into docs/online_table.rst
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.memory_costs docs/online_table.rst

soak: $(VENV)/.base   ## 10^8 updates of 1,000 streams per measure: constant memory, no drift (ten minutes; ARGS="1000 legt" for 10^6 of one)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.soak $(ARGS)

bench-scattering: $(VENV)/.base   ## what scattering costs beside MiniRocket, and its table into docs/scattering_table.rst
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.scattering_speed docs/scattering_table.rst

bench-published: $(VENV)/.base   ## HiPPOClassifier beside published figures of the archive, and its tables into docs/published_table.rst
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.accuracy.published --table docs/published_table.rst $(ARGS)

bench-pyrregular: $(VENV)/.base   ## HiPPOClassifier beside published figures of pyrregular, and its tables into docs/pyrregular_table.rst
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.accuracy.pyrregular --table docs/pyrregular_table.rst $(ARGS)

bench-rnn: $(VENV)/.base   ## how well the network learns with its defaults, and its tables into docs/rnn_table.rst (an hour)
	OMP_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.rnn_defaults docs/rnn_table.rst

# Records are in .benchmarks/accuracy and what is there is not run again, so a run can stop and go on; nor is what has its
# means in docs/accuracy_means.csv, unless ARGS has --again.
# ARGS takes a part: make bench-accuracy ARGS="--again --sets GunPoint ERing --methods MiniRocket --seeds 0"
bench-accuracy: $(VENV)/.base   ## accuracy beside MiniRocket, MultiRocket, Catch22 and others on corrupted series (a day)
	$(BIN)/python -m tests.benchmarks.accuracy --kept docs/accuracy_means.csv $(ARGS) $(TABLE)

bench-accuracy-docs: export TABLE := --table docs/accuracy_table.rst
bench-accuracy-docs: bench-accuracy   ## the same, and its tables into docs/accuracy_table.rst

characters: $(VENV)/.base   ## CharacterTrajectories: cross-validation, grid search, change of sampling rate
	$(BIN)/python examples/character_trajectories.py

# Tables of the paper, ours beside the published figures; ARGS takes a part, for example ARGS="--systems legs lmu".
# The data sets are looked for in the folder that SKHIPPO_DATA names.
REPRODUCE = OMP_NUM_THREADS=1 $(BIN)/python examples/reproduce

reproduce-timescale: $(VENV)/.base   ## the paper's change of sampling rate, every system (half an hour)
	$(REPRODUCE)/timescale_shift.py $(ARGS)

reproduce-missing: $(VENV)/.base   ## the same series with observations dropped, and at another speed (an hour or two)
	$(REPRODUCE)/missing_data.py $(ARGS)

reproduce-mnist: $(VENV)/.base   ## permuted and sequential MNIST, every row (an hour)
	$(REPRODUCE)/permuted_mnist.py $(ARGS)

reproduce-approximation: $(VENV)/.base   ## a million steps in 256 coefficients: errors and speeds (minutes)
	$(REPRODUCE)/function_approximation.py $(ARGS)

reproduce-figures: $(VENV)/.base   ## the paper's figures, into the folder output
	$(REPRODUCE)/figures.py output

reproduce-gpu: $(VENV)/.base   ## every cell on a GPU, its speed beside torch's LSTM, and an epoch of permuted MNIST (ten minutes)
	$(BIN)/python examples/reproduce/on_gpu.py $(ARGS)

clean:           ## remove the environment and everything built
	rm -rf $(VENV) .venv-aeon .venv-oldest .venv-newest docs/_build docs/api/generated docs/api/backreferences docs/auto_examples .pytest_cache .mypy_cache .ruff_cache .coverage htmlcov output
