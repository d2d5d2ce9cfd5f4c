# SPDX-License-Identifier: GPL-2.0
#
# Our selftests live outside of the kernel tree and use its selftest rules: by
# way of the link <kernel>/rseq -> this repository, or of KSRC=<kernel>.

here := tools/testing/selftests/$(notdir $(CURDIR))
has-lib.mk = $(foreach d,$(1),$(if $(wildcard $(d)/tools/testing/selftests/lib.mk),$(d)))

# Where the link was followed, only the shell's PWD knows where it came from.
KSRC ?= $(firstword $(call has-lib.mk,					\
		$(patsubst %/rseq/$(here),%,$(PWD))			\
		$(patsubst %/rseq/$(here),%,$(CURDIR))			\
		$(if $(wildcard $(PWD)/rseq/$(here)),$(PWD))))

ifeq ($(call has-lib.mk,$(KSRC)),)
$(error No kernel tree found$(if $(KSRC), in $(KSRC)): pass KSRC=<kernel source>)
endif

OUTPUT ?= $(CURDIR)
