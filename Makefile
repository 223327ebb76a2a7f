# Palate. `make run` and `make test` are all a newcomer needs; `make help` lists the rest.
BUILD    ?= release
OUT      ?= build/$(BUILD)
PKGS     := gsl openblas libcjson libxxhash zlib
DRAW     := pangocairo cairo

# OpenBLAS before GSL and no gslcblas: in pkg-config's own order GSL's slow CBLAS answers silently.
LIBS      = $(shell pkg-config --libs openblas libcjson libxxhash zlib) \
            $(filter-out -lgslcblas,$(shell pkg-config --libs gsl)) -lcsv -lm -pthread
DRAWLIBS  = $(shell pkg-config --libs $(DRAW))
CHECKLIBS = $(shell pkg-config --libs check)
# Asked once: pkg-config takes longer than many a compile. Empty before `make deps` on a bare machine, which
# is why `run` and `test` build in a make of their own.
PKGFLAGS := $(shell pkg-config --cflags $(PKGS) $(DRAW) 2>/dev/null)
CPPFLAGS += -Isrc -I. -D_POSIX_C_SOURCE=200809L $(PKGFLAGS)
WARN     := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wstrict-prototypes -Wmissing-prototypes
CFLAGS   ?= -O3 -g
SAN_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -DPAL_NO_CLONES -DPAL_DEBUG
SAN_tsan := -O1 -fsanitize=thread -DPAL_NO_CLONES
SAN_fuzz := -O1 -fsanitize=fuzzer-no-link,address -fno-omit-frame-pointer -DPAL_NO_CLONES -DPAL_DEBUG
ALL_C    := -std=c17 -ffp-contract=off -fno-fast-math -pthread $(WARN) $(SAN_$(BUILD))

# A short line for each command; `make V=1` shows the whole one.
say       = $(if $(V),,@printf '  %-5s %s\n' $(1) $(patsubst $(OUT)/%,%,$(2));)

# What fontconfig and Pango keep until the end is not ours: leaks there are passed over.
ifneq ($(wildcard tests/support/lsan.supp),)
export LSAN_OPTIONS ?= suppressions=$(CURDIR)/tests/support/lsan.supp:print_suppressions=0
endif

# Jobs for the makes that `run`, `test` … start, when no -j was given.
JOBS     ?= $(shell nproc 2>/dev/null || echo 1)
PARALLEL  = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS))
BUILD_IT  = $(MAKE) --no-print-directory $(PARALLEL)
# Where other variants are built: build/asan beside build/release, or inside an OUT of one's own.
VARIANTS := $(if $(filter build/%,$(OUT)),build,$(OUT))

# One archive a room, linked only with the rooms it may include: the walls hold at link time too.
ROOMS    := core data models profile stages metrics sim lab plots cli
DIR_core := src/core
DIR_data := src/data
DIR_models := src/models
DIR_profile := src/profile
DIR_stages := src/stages
DIR_metrics := src/metrics
DIR_lab  := src/lab
DIR_cli  := src/cli
DIR_sim  := sim
DIR_plots := plots
# What a room links, nearest first.
NEED_core := core
NEED_data := data core
NEED_models := models core
NEED_profile := profile data core
NEED_stages := stages models profile data core
NEED_metrics := metrics core
NEED_sim := sim data core
NEED_plots := plots core
NEED_lab := lab stages sim models profile data metrics core
NEED_cli := cli lab plots stages sim models profile data metrics core

src_of    = $(filter-out src/cli/main.c,$(sort $(wildcard $(DIR_$(1))/*.c)))
obj_of    = $(patsubst %.c,$(OUT)/%.o,$(call src_of,$(1)))
lib_of    = $(if $(call src_of,$(1)),$(OUT)/lib/$(1).a)
libs_of   = $(foreach r,$(NEED_$(1)),$(call lib_of,$(r)))
tests_of  = $(sort $(wildcard tests/$(1)/test_*.c))
TESTED   := $(foreach r,$(ROOMS),$(if $(wildcard tests/$(r)/test_*.c),$(r)))
SUPPORT   = $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tests/support/*.c)))
FUZZED   := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
RUNNERS   = $(foreach r,$(TESTED),$(OUT)/tests/$(r)/run)
REPLAYS   = $(foreach f,$(FUZZED),$(OUT)/tests/fuzz/replay_$(f))

all: $(OUT)/palate ## build the program (without a target: this)

$(OUT)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,cc,$<)$(CC) $(CPPFLAGS) $(CFLAGS) $(ALL_C) -Wa,-I. -MMD -MP -c -o $@ $<

# What .incbin takes in is no #include: say it here.
$(OUT)/src/data/clusters.o: src/data/genre_clusters.json
$(OUT)/sim/catalog_model.o: sim/music_model.json
$(OUT)/plots/report_page.o: plots/report.css plots/report.js

# Helpers of tests: an archive, so that a room's tests link only what they use of it.
$(OUT)/lib/support.a: $(SUPPORT)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,ar,$@)ar rcs $@ $^

define room
$(OUT)/lib/$(1).a: $$(call obj_of,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(call say,ar,$$@)ar rcs $$@ $$^
$(OUT)/tests/$(1)/runner.c: $$(call tests_of,$(1)) tests/support/make_runner.sh
	@mkdir -p $$(@D)
	@sh tests/support/make_runner.sh $(1) $$(call tests_of,$(1)) > $$@
$(OUT)/tests/$(1)/run: $(OUT)/tests/$(1)/runner.c $$(patsubst %.c,$(OUT)/%.o,$$(call tests_of,$(1))) $$(if $$(SUPPORT),$(OUT)/lib/support.a) $$(call libs_of,$(1))
	$$(call say,link,$$@)$$(CC) $$(CPPFLAGS) $$(CFLAGS) $$(ALL_C) -o $$@ $$^ $$(if $$(filter plots,$$(NEED_$(1))),$$(DRAWLIBS)) $$(CHECKLIBS) $$(LIBS)
test-$(1): $(OUT)/tests/$(1)/run $(if $(filter cli,$(1)),$(OUT)/palate)
	@PALATE=$(OUT)/palate $(OUT)/tests/$(1)/run
endef
$(foreach r,$(ROOMS),$(eval $(call room,$(r))))

$(OUT)/palate: $(OUT)/src/cli/main.o $(call libs_of,cli)
	$(call say,link,$@)$(CC) $(CFLAGS) $(ALL_C) -o $@ $^ $(DRAWLIBS) $(LIBS)

# A fuzz target with a plain main that replays its corpus.
$(OUT)/tests/fuzz/replay_%: $(OUT)/tests/fuzz/replay.o $(OUT)/tests/fuzz/fuzz_%.o $(call libs_of,lab)
	$(call say,link,$@)$(CC) $(CFLAGS) $(ALL_C) -o $@ $^ $(LIBS)

# The same target under clang's fuzzer (BUILD=fuzz).
$(OUT)/tests/fuzz/grow_%: $(OUT)/tests/fuzz/fuzz_%.o $(call libs_of,lab)
	$(call say,link,$@)$(CC) $(CFLAGS) $(ALL_C) -fsanitize=fuzzer -o $@ $^ $(LIBS)

runners: all $(RUNNERS) $(REPLAYS)

deps: ## install the libraries that are missing (apt; says what to install elsewhere)
	@sh .ci/deps

run: deps ## build, run experiments/quickstart.json, say where the report is
	@$(BUILD_IT) all
	$(OUT)/palate run experiments/quickstart.json

test: deps ## every suite (one: CK_RUN_SUITE=models/logistic make test)
	@$(BUILD_IT) runners
	@sh tests/run.sh $(OUT) $(TESTED)

check: test werror asan tsan walls headers exact golden ## everything: test and all that follows

werror: werror-clang ## build and link with -Werror, gcc and clang
	@$(BUILD_IT) CC=gcc OUT=$(VARIANTS)/gcc-werror CFLAGS="-O2 -Werror" runners

werror-clang:
	@$(BUILD_IT) CC=clang OUT=$(VARIANTS)/clang-werror CFLAGS="-O2 -Werror" runners

asan: ## every suite under the address and undefined-behaviour sanitizers
	@$(BUILD_IT) BUILD=asan OUT=$(VARIANTS)/asan runners
	@CK_FORK=no CK_EXCLUDE_TAGS=fork sh tests/run.sh $(VARIANTS)/asan $(TESTED)

tsan: ## every suite under the thread sanitizer
	@$(BUILD_IT) BUILD=tsan OUT=$(VARIANTS)/tsan runners
	@CK_FORK=no CK_EXCLUDE_TAGS=fork sh tests/run.sh $(VARIANTS)/tsan $(TESTED)

walls: ## who may include whom, and each library met in one file
	@sh tests/walls.sh

headers: ## each header compiles alone, gcc and clang
	@CPPFLAGS="$(CPPFLAGS)" CFLAGS="-std=c17 $(WARN)" sh tests/headers.sh

exact: ## no exact code calls libm's transcendental functions
	@$(BUILD_IT) all
	@sh tests/exact.sh $(OUT)

golden: ## the same digests at 1, 2, 7 threads, gcc and clang, -O0 and -O3, older processors
	@$(BUILD_IT) all
	@MAKE="$(BUILD_IT)" VARIANTS=$(VARIANTS) sh tests/golden/run.sh $(OUT)/palate

bench: all ## measure this machine (CATALOG=file.csv LAYOUT=name adds a real catalog)
	$(OUT)/palate bench slate $(if $(CATALOG),--catalog $(CATALOG) $(if $(LAYOUT),--layout $(LAYOUT)))
	$(OUT)/palate bench sim
	$(OUT)/palate bench models
	$(OUT)/palate bench cluster
	$(OUT)/palate bench community
	$(OUT)/palate bench factors
	$(OUT)/palate bench index
	$(OUT)/palate bench net
	$(OUT)/palate bench catalog $(if $(CATALOG),--catalog $(CATALOG) $(if $(LAYOUT),--layout $(LAYOUT)))

gallery: all ## every kind of figure from small experiments: build/gallery/index.html, a choice in plots/gallery
	@sh plots/gallery/make.sh $(OUT)/palate $(VARIANTS)/gallery

FUZZ_TIME ?= 30
fuzz: ## clang's fuzzer on every reader, FUZZ_TIME=30 seconds each
	@$(BUILD_IT) CC=clang BUILD=fuzz OUT=$(VARIANTS)/fuzz $(FUZZED:%=$(VARIANTS)/fuzz/tests/fuzz/grow_%)
	@for f in $(FUZZED); do \
	    mkdir -p $(VARIANTS)/fuzz/corpus/$$f && echo "fuzz/$$f" && \
	    $(VARIANTS)/fuzz/tests/fuzz/grow_$$f -max_total_time=$(FUZZ_TIME) -timeout=10 -print_final_stats=1 -verbosity=0 \
	        -artifact_prefix=$(VARIANTS)/fuzz/$$f- $(VARIANTS)/fuzz/corpus/$$f tests/fuzz/corpus/$$f || exit 1; \
	done

clean: ## remove everything built
	rm -rf build

help: ## print this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' Makefile

# What each object was made from; the names are known without a search.
-include $(foreach r,$(ROOMS),$(patsubst %.c,$(OUT)/%.d,$(call src_of,$(r)) $(call tests_of,$(r)))) \
         $(OUT)/src/cli/main.d $(SUPPORT:.o=.d) $(FUZZED:%=$(OUT)/tests/fuzz/fuzz_%.d) $(OUT)/tests/fuzz/replay.d
# Files that go into an object by .incbin, which the compiler does not list.
EMBEDDED := $(wildcard src/data/*.json src/cli/*.py sim/*.json plots/*.css plots/*.js tests/fixtures/embed.txt)
$(foreach f,$(shell grep -l PAL_EMBED src/*/*.c sim/*.c plots/*.c tests/*/*.c 2>/dev/null),$(eval $(OUT)/$(f:.c=.o): $(EMBEDDED)))

.PRECIOUS: $(OUT)/%.o $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/tests/%/runner.c
.PHONY: all runners deps run test check werror werror-clang asan tsan walls headers exact golden bench gallery fuzz clean help \
        $(ROOMS:%=test-%)
