# Builds a connector in C: `connector.c` and the SDK become `connector.wasm`.
#
# A connector's Makefile says for which world it is and includes this file:
#
#   WORLD = source
#   include PATH/guest-sdk/c/connector.mk
#
#   WORLD    source, destination, or connector for both
#   SOURCES  further C files of the connector
#   OUT      the component [connector.wasm]
#   BUILD    folder of object files [build]
#
# `make` makes the component, `make test` builds `test.c` with a host in memory for this machine and runs it. The tools are
# those that `cargo xtask setup --language c` installed, unless CLANG, WASI (with include/ and lib/), COMPONENT_LD and WASM_LD
# say otherwise.

SDK := $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
APPFLOW_CACHE ?= $(SDK)/../../.cache
-include $(APPFLOW_CACHE)/c/tools.mk

OUT ?= connector.wasm
BUILD ?= build
TARGET = wasm32-wasip2

DEFINES.source = -DAF_SOURCE
DEFINES.destination = -DAF_DESTINATION
DEFINES.connector = -DAF_SOURCE -DAF_DESTINATION
DEFINES = $(DEFINES.$(WORLD))
GENERATED = $(SDK)/generated/$(WORLD)
HEADERS = $(GENERATED)/appflow.h $(SDK)/include/appflow_connector.h
WARNINGS = -std=gnu11 -Wall -Wextra -Werror
OPTIONS = $(DEFINES) -I$(GENERATED) -I$(SDK)/include

OWN = connector.c $(SOURCES)
PARTS = $(SDK)/src/exports.c $(SDK)/src/text.c $(SDK)/src/host.c $(SDK)/src/record.c $(SDK)/src/paging.c $(SDK)/src/output.c
OBJECTS = $(addprefix $(BUILD)/,$(notdir $(OWN:.c=.o) $(PARTS:.c=.o) appflow.o))

.PHONY: all test clean check
all: $(OUT)

check:
	@$(if $(DEFINES),,$(error WORLD is "$(WORLD)"; set it to source, destination or connector before the include))
	@$(if $(and $(CLANG),$(WASI),$(COMPONENT_LD),$(WASM_LD)),,$(error the tools are missing; run: cargo xtask setup --language c))

# With the stack before the data, a stack that overflows traps; behind it, it would write over the data.
STACK = --stack-first -z stack-size=1048576

# Every object depends on the tools having been found, so that a missing one is told in words.
$(OBJECTS): $(HEADERS) | check
	@mkdir -p $(BUILD)
	$(CLANG) --target=$(TARGET) -O2 -c $(WARNINGS) $(OPTIONS) $(CFLAGS) \
		-isystem $(WASI)/include/$(TARGET) -o $@ $(filter %.c,$^)

$(BUILD)/appflow.o: $(GENERATED)/appflow.c
$(BUILD)/appflow.o: WARNINGS = -w
$(foreach source,$(OWN) $(PARTS),$(eval $(BUILD)/$(notdir $(source:.c=.o)): $(source)))

$(OUT): $(OBJECTS)
	$(COMPONENT_LD) --wasm-ld-path $(WASM_LD) -L$(WASI)/lib/$(TARGET) $(WASI)/lib/$(TARGET)/crt1-reactor.o \
		--entry _initialize $^ $(GENERATED)/appflow_component_type.o $(STACK) $(LDFLAGS) -lc --strip-all -o $@

test: $(BUILD)/test
	$(BUILD)/test

$(BUILD)/test: test.c $(OWN) $(PARTS) $(SDK)/testing/fake_host.c $(SDK)/testing/fake_host.h $(HEADERS)
	@$(if $(DEFINES),,$(error WORLD is "$(WORLD)"; set it to source, destination or connector before the include))
	@mkdir -p $(BUILD)
	$(CC) -g -fsanitize=address,undefined -fno-sanitize-recover=all $(WARNINGS) $(OPTIONS) -I$(SDK)/testing $(CFLAGS) \
		-o $@ $(filter %.c,$^)

clean:
	rm -rf $(BUILD) $(OUT)
