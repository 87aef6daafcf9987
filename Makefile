# make lab          the notebooks, in JupyterLab              make test    lint, types, unit tests, notebooks, browser
# make test-colab   every notebook, with Colab's versions     make help    this, and the smaller steps
# make test-oldest  unit tests, with the oldest versions
#
# Needs Python >= 3.11 and make (3.81 will do). PYTHON=python3.12 chooses the Python that makes .venv.

SHELL := /bin/sh
# Where it is set, each of some hundred processes compiles the kit anew, and pytest the asserts of its tests.
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
.NOTPARALLEL:

VENV := .venv
COLAB := .venv-colab
OLDEST := .venv-oldest
BUILD := .ci-build
START := notebooks/00_start_here.ipynb
OLDEST_NOTEBOOK := notebooks/08_train_it_live.ipynb
JUPYTER_ARGS ?=
BENCH ?=
GPU ?=
SLIDES ?=

python := $(VENV)/bin/python
colab_python := $(COLAB)/bin/python
oldest_python := $(OLDEST)/bin/python
# Quiet twice: without progress bars and without warnings. Errors are still shown.
pip_options := -qq --disable-pip-version-check
# Side by side on the cores there are, each with one thread: two of each took four times as long on two cores.
# A notebook stays with one of them, for its cells share a kernel.
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
PARALLEL := -n auto --maxprocesses=4
# The examples in the core's docstrings are tests too (doctest). The browser tests are not even collected here.
# A file stays together, for some begin with work whose findings all of their tests read.
TESTS := -m pytest tests nnrnn_core --doctest-modules --ignore=tests/browser $(PARALLEL) --dist loadfile
NBVAL := -m pytest -c .ci/nbval.ini --rootdir=. $(PARALLEL) --dist loadfile
# A kernel on Python >= 3.11 complains about the debugger otherwise.
NBVAL_ENV := $(ONE_THREAD) NNRNN_QUICK=1 PYDEVD_DISABLE_FILE_VALIDATION=1

# $(call stage,NAME,COMMAND) runs a command between two lines that say what it is and how long it took.
define stage
@printf '\n== %s\n' '$(1)'; start=$$(date +%s); $(2); code=$$?; \
  if [ $$code -eq 0 ]; then word=passed; else word=FAILED; fi; \
  printf '== %s: %s in %s s\n' '$(1)' "$$word" "$$(( $$(date +%s) - start ))"; exit $$code
endef

# $(call environment,FOLDER) makes a virtual environment with the first Python that is new enough and whole.
define environment
@found=; for candidate in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
  if $$candidate -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; \
  then found=$$candidate; break; fi; done; \
if [ -z "$$found" ]; then \
  echo 'No Python >= 3.11 with venv found (tried: $(or $(PYTHON),python3.13 python3.12 python3.11 python3)).' >&2; \
  echo 'Install one (Debian and Ubuntu: apt install python3-venv; macOS: brew install python), or name it:' >&2; \
  echo '  make lab PYTHON=/path/to/python3.12' >&2; exit 1; fi; \
echo "== making $(1) with $$($$found --version)"; $$found -m venv --clear $(1)
endef

# $(VENV)'s nbconvert keeps no state of widgets: plotly.js alone is 2 MB of it, and each lab leaves its picture.
define keep_notebooks_small
@mkdir -p $(VENV)/etc/jupyter
@echo '{"ExecutePreprocessor": {"store_widget_state": false}}' > $(VENV)/etc/jupyter/jupyter_nbconvert_config.json
endef

# --- what people type --------------------------------------------------------------------------------------------

.PHONY: help lab test test-colab test-oldest lint types unit integration nbval browser bench gpu badges pictures slides clean
help:
	@echo 'make lab          JupyterLab on $(START); JUPYTER_ARGS="--no-browser" passes through'
	@echo 'make test         lint types unit integration nbval browser, one after the other; each is a target'
	@echo 'make test-colab   every notebook, and labs on a page, with the versions of Google Colab, in $(COLAB)'
	@echo 'make test-oldest  unit tests and a notebook with the oldest versions that pyproject.toml admits, in $(OLDEST)'
	@echo 'make bench        times beside other libraries and bounds; BENCH="--help" lists the options'
	@echo 'make gpu          what only a machine with CUDA can tell, into gpu.json; a checkout and torch are enough'
	@echo 'make badges       write the address in pyproject.toml into badges, set-up cells, README.md and CITATION.cff'
	@echo 'make pictures     draw the labs of the notebooks into notebooks/images, for where no kernel is'
	@echo 'make slides       the notebooks as slides: slides.html, and slides.pdf if chromium is there; SLIDES="01 03 08"'
	@echo 'make clean        remove the environments and what the tests leave behind'
	@echo 'CI runs .ci/run: make test and make test-colab'

# As the default address, START is what the printed line opens, too; as an argument only what the browser opens.
lab: $(VENV)/.installed-lab
	@echo '== JupyterLab on $(START); Ctrl-C twice stops it'
	@JUPYTER_CONFIG_PATH="$(CURDIR)/.jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}"; export JUPYTER_CONFIG_PATH; \
	  exec $(python) -m jupyterlab --ServerApp.root_dir='$(CURDIR)' --LabApp.default_url='/lab/tree/$(START)' \
	  $$(if [ "$$(id -u)" = 0 ]; then echo --allow-root; fi) $(JUPYTER_ARGS)

test: lint types unit integration nbval browser
	@printf '\n== make test: all stages passed\n'

lint: $(VENV)/.installed-test
	$(call stage,ruff,$(python) -m ruff check . && $(python) -m ruff format --check .)

types: $(VENV)/.installed-test
	$(call stage,mypy,$(python) -m mypy)

unit: $(VENV)/.installed-test
	$(call stage,unit tests and examples in docstrings,$(ONE_THREAD) $(python) $(TESTS) -m 'not integration')

integration: $(VENV)/.installed-test
	$(call stage,whole commands and the compiler and what belongs to the notebooks,$(ONE_THREAD) $(python) $(TESTS) -m integration)

nbval: $(VENV)/.installed-test
	@$(python) tests/notebooks/editions.py notebooks $(BUILD)/editions
	$(call stage,notebooks as they are / solved / every cell twice,$(NBVAL_ENV) $(python) $(NBVAL) notebooks $(BUILD)/editions)

browser: $(VENV)/.installed-test
	@# Two failures are enough to look at: a page that never comes costs minutes a test. Two servers side by side, each
	@# with the tests of whole files: a page waits as often as it works.
	$(call stage,browser,$(python) -m pytest tests/browser --ignore=tests/browser/test_colab.py -m browser --maxfail=2 -n 2 --dist loadfile)

test-colab: $(COLAB)/.installed
	@echo '== installing the kit as a notebook in Colab does: a copy, without its dependencies'
	@$(colab_python) -m pip install $(pip_options) --no-deps --force-reinstall .
	@$(colab_python) -m pip check
	$(call stage,notebooks in the Colab look-alike,$(NBVAL_ENV) $(colab_python) $(NBVAL) notebooks)
	@# The page is driven from $(VENV), which has the browser's tools. Without a browser the test says that it is skipped.
	$(call stage,labs on a page of the Colab look-alike,if $(python) -c 'import playwright' 2>/dev/null; \
	  then $(python) -m pytest tests/browser/test_colab.py -m browser -rs; \
	  else echo 'skipped: no $(VENV) with the tools of `make test` ("make browser" makes it)'; fi)

test-oldest: $(OLDEST)/.installed
	$(call stage,unit tests with the oldest versions,$(ONE_THREAD) $(oldest_python) $(TESTS))
	$(call stage,a notebook with the oldest versions,$(NBVAL_ENV) $(oldest_python) $(NBVAL) $(OLDEST_NOTEBOOK))

bench: $(VENV)/.installed-bench
	@PYTHONPATH=tests $(python) -m benchmarks $(BENCH)

# A checkout and torch are enough; so the environment is neither made nor completed.
gpu:
	@PYTHONPATH='$(CURDIR):$(CURDIR)/tests' $(or $(PYTHON),$(wildcard $(python)),python3) -m gpu $(GPU)

badges: $(VENV)/.installed-test
	@$(python) tests/notebooks/badges.py

pictures: $(VENV)/.installed-test
	@$(ONE_THREAD) $(python) teaching/draw.py
	@$(python) tests/notebooks/pictures.py

slides: $(VENV)/.installed-test
	@$(python) teaching/slides.py --pdf $(SLIDES)

clean:
	rm -rf $(VENV) $(COLAB) $(OLDEST) $(BUILD) slides.html slides.pdf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find nnrnn_core widgets tests -name __pycache__ -type d -prune -exec rm -rf {} +

# --- environments -------------------------------------------------------------------------------------------------
# A stamp says that an environment holds what these files ask for. An environment made by hand has none and is
# completed; one that was moved or copied points at the wrong folder and is installed into again.

REQUIRED := pyproject.toml .ci/constraints.txt Makefile
ifneq ($(shell cat $(VENV)/.installed-for 2>/dev/null),$(CURDIR))
.PHONY: $(VENV)/.installed-lab $(VENV)/.installed-test $(VENV)/.installed-bench
endif

$(python):
	$(call environment,$(VENV))

# Order-only, so that the age of the link to the interpreter does not matter.
$(VENV)/.installed-lab: $(REQUIRED) | $(python)
	@echo '== installing the kit and JupyterLab into $(VENV) (the first time takes a minute or more: torch is large)'
	@$(python) .ci/install.py -c .ci/constraints.txt -e '.[lab]'
	$(keep_notebooks_small)
	@echo '$(CURDIR)' > $(VENV)/.installed-for
	@touch $@

$(VENV)/.installed-test: $(REQUIRED) | $(python)
	@echo '== installing the kit and its test tools into $(VENV) (the first time takes minutes: torch is large)'
	@$(python) .ci/install.py -c .ci/constraints.txt -e '.[test]'
	$(keep_notebooks_small)
	@echo '$(CURDIR)' > $(VENV)/.installed-for
	@touch $@ $(VENV)/.installed-lab

$(VENV)/.installed-bench: $(REQUIRED) | $(python)
	@echo '== installing the kit and the libraries it is measured against into $(VENV)'
	@$(python) -m pip install $(pip_options) -c .ci/constraints.txt -e '.[bench]'
	@echo '$(CURDIR)' > $(VENV)/.installed-for
	@touch $@ $(VENV)/.installed-test $(VENV)/.installed-lab

$(colab_python):
	$(call environment,$(COLAB))

$(COLAB)/.installed: .ci/colab.txt Makefile | $(colab_python)
	@echo '== installing the versions of Google Colab into $(COLAB) (the first time takes minutes)'
	@$(colab_python) -m pip install $(pip_options) -r .ci/colab.txt
	@touch $@

$(oldest_python):
	$(call environment,$(OLDEST))

$(OLDEST)/.installed: pyproject.toml .ci/oldest.py Makefile | $(oldest_python)
	@echo '== installing the oldest versions into $(OLDEST) (minutes and 6 GB: torch from PyPI comes with CUDA)'
	@$(oldest_python) -m pip install $(pip_options) packaging
	@mkdir -p $(BUILD) && $(oldest_python) .ci/oldest.py > $(BUILD)/oldest.txt
	@$(oldest_python) -m pip install $(pip_options) -r $(BUILD)/oldest.txt -e .
	@touch $@
