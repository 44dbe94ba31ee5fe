# `make demo` and `make test` need only make and a Python from 3.10 to 3.13 with pip.
# Each venv has a stamp file, so a second run installs nothing and needs no network.

PYTHON ?= python3
PNET_TF_DATA ?= $(abspath ../shared/data)
# Tests of one file stay in one process: they share what its fixtures trained.
PYTEST_ARGS ?= -n 2 --dist loadfile
BENCH_ARGS ?=
ANDROID_STEPS ?=

VENV := .venv
TEST := .venv-test
BENCH := .venv-bench
SPARK := .venv-spark
LOCK := .venv-lock
BROWSER := tests/page/browser
PROJECT := setup.py pyproject.toml pnet_tf/version.py

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export TF_CPP_MIN_LOG_LEVEL ?= 2
export PNET_TF_DATA

.PHONY: help demo test slow spark page-test chromium android android-packages check lint types docs bench lock clean
# Two editable installs at once would write the same metadata folder.
.NOTPARALLEL:

help:
	@echo 'make demo    conversations in, a file that offers replies out: 3 minutes after the install'
	@echo 'make test    everyday tests          make slow   long checks'
	@echo 'make check   lint and types          make bench  speed and size beside peers'
	@echo 'make docs    the site, from docstrings and docs/'
	@echo 'make page-test   pages and reports in Chromium; wants npm'
	@echo 'make spark   tests of the Spark engine; they want Java 17 or later'
	@echo 'make android both apps built, signed and tested without Gradle; packages: make android-packages'
	@echo 'make lock    renew requirements/     make clean  remove venvs and caches'
	@echo 'Another Python: make demo PYTHON=python3.12'

# A venv made without ensurepip (some distributions split it off) gets its pip from $(PYTHON)'s.
define make_venv
@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 10) <= v <= (3, 13) else \
"TensorFlow 2.21 needs Python 3.10 to 3.13, found %d.%d; try make PYTHON=python3.12" % v)'
@$(1)/bin/python -m pip --version >/dev/null 2>&1 || { \
  echo "making $(1)"; \
  $(PYTHON) -m venv --clear $(1) >/dev/null 2>&1 || { \
    $(PYTHON) -m venv --clear --without-pip $(1) && \
    $(PYTHON) -m pip install -q --target \
      "$$($(1)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" pip; }; }
endef

define install
$(call make_venv,$(1))
@echo "installing requirements/$(2).txt into $(1)"
@$(1)/bin/python -m pip install -q -r requirements/$(2).txt
@PYTHONWARNINGS=ignore $(1)/bin/python -m pip install -q --no-deps --no-build-isolation -e .
@touch $@
endef

$(VENV)/.installed: requirements/demo.txt $(PROJECT)
	$(call install,$(VENV),demo)

$(TEST)/.installed: requirements/test.txt $(PROJECT)
	$(call install,$(TEST),test)

$(BENCH)/.installed: requirements/bench.txt $(PROJECT)
	$(call install,$(BENCH),bench)

$(SPARK)/.installed: requirements/spark.txt $(PROJECT)
	$(call install,$(SPARK),spark)

$(LOCK)/.installed:
	$(call make_venv,$(LOCK))
	@$(LOCK)/bin/python -m pip install -q uv
	@touch $@

demo: $(VENV)/.installed
	@rm -rf demo_run
	$(VENV)/bin/pnet-tf demo

test: $(TEST)/.installed
	$(TEST)/bin/python -m pytest $(PYTEST_ARGS)

slow: $(TEST)/.installed
	$(TEST)/bin/python -m pytest -m slow $(PYTEST_ARGS)

spark: $(SPARK)/.installed
	$(SPARK)/bin/python -m pytest tests/smart_reply/spark

# Chromium from the machine, or by its package where this is Debian and root; playwright-core by npm.
chromium:
	@test -n "$$CHROMIUM" || command -v chromium chromium-browser google-chrome >/dev/null || { \
	  echo 'installing the Debian package chromium'; \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

$(BROWSER)/node_modules/.installed: $(BROWSER)/package.json $(BROWSER)/package-lock.json
	npm ci --prefix $(BROWSER) --silent
	@touch $@

page-test: $(TEST)/.installed $(BROWSER)/node_modules/.installed chromium
	npm run --prefix $(BROWSER) --silent lint
	$(TEST)/bin/python $(BROWSER)/make_pages.py build/pages
	PNET_TF_PAGES=$(abspath build/pages) node --test --test-concurrency=1 $(BROWSER)/*.test.mjs

check: lint types

lint: $(TEST)/.installed
	$(TEST)/bin/ruff check .

types: $(TEST)/.installed
	$(TEST)/bin/mypy -p pnet_tf

android: $(TEST)/.installed
	$(TEST)/bin/python android_demo/tools/build.py $(ANDROID_STEPS)

ANDROID_PACKAGES := aapt zipalign apksigner dexdump maven gcc qemu-user-static \
  gcc-aarch64-linux-gnu gcc-arm-linux-gnueabi libc6-dev-arm64-cross libc6-dev-armel-cross \
  openjdk-17-jdk-headless
android-packages:
	apt-get update -qq
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(ANDROID_PACKAGES)

docs: $(TEST)/.installed
	$(TEST)/bin/python docs/generate.py
	$(TEST)/bin/mkdocs build --strict -q
	@echo 'open site/index.html'

bench: $(BENCH)/.installed
	$(BENCH)/bin/python benchmarks/featurise.py $(PNET_TF_DATA)/clinc150
	$(BENCH)/bin/python benchmarks/joint_time.py $(PNET_TF_DATA)/atis
	$(BENCH)/bin/python benchmarks/text_peers.py $(PNET_TF_DATA)/atis $(BENCH_ARGS)
	$(BENCH)/bin/python benchmarks/text_peers.py $(PNET_TF_DATA)/clinc150 $(BENCH_ARGS)

UV_COMPILE = $(LOCK)/bin/uv pip compile -q --universal --python-version 3.10 \
  --no-emit-index-url --no-emit-find-links --no-annotate --no-header \
  --constraints requirements/constraints.txt setup.py
define compile
@{ echo '# Made by `make lock` from setup.py.'; $(UV_COMPILE) $(1); } > requirements/.lock
@mv requirements/.lock requirements/$(2).txt
endef

lock: $(LOCK)/.installed
	$(call compile,--extra train,demo)
	$(call compile,--extra test,test)
	$(call compile,--extra train --extra benchmark,bench)
	$(call compile,--extra test --extra spark,spark)
	@rm -rf pnet_tf.egg-info

clean:
	rm -rf $(VENV) $(TEST) $(BENCH) $(SPARK) $(LOCK) build dist site pnet_tf.egg-info demo_run
	rm -rf $(BROWSER)/node_modules android_demo/build
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
