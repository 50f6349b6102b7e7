# Thin: each target says which script does the work.
PYTHON = /usr/bin/python3

.PHONY: help setup build run test test-slow check demo lab-up lab-down clean

help:
	@echo 'make run                 two servers, two messages, and what to try'
	@echo 'make test                everything that is tested'
	@echo 'make test-slow [FOR=s]   fuzzes each target for so many seconds (10)'
	@echo 'make demo [MAIL=folder] [JSON=file] [DIALECTS=gdel,msid,envelope]'
	@echo '                         real messages there, compared byte for byte'
	@echo 'make lab-up DIR=folder [CONF=file] [ZONE=file] [READERS=no]'
	@echo '                         the two servers in the background'
	@echo 'make lab-down DIR=folder stops them'
	@echo 'make build               only builds: build/restante'
	@echo 'make check               style, layers and documentation only'
	@echo 'make clean               removes what was built'

setup:
	@scripts/setup

build: setup
	@test -f build/build.ninja || CC=gcc meson setup build
	@ninja -C build

run: build
	@$(PYTHON) -m lab run

test:
	@scripts/test

test-slow:
	@scripts/test-slow $(FOR)

check: setup
	@scripts/test check

demo: build
	@$(PYTHON) -m lab.demo $(if $(MAIL),--mail '$(MAIL)') \
		$(if $(JSON),--json '$(JSON)') \
		$(if $(DIALECTS),--dialects '$(DIALECTS)')

lab-up: build
	@$(if $(DIR),,echo 'lab-up: say DIR=folder' >&2; exit 64;) \
	$(PYTHON) -m lab up '$(DIR)' $(if $(CONF),--conf '$(CONF)') \
		$(if $(ZONE),--zone '$(ZONE)') \
		$(if $(filter no,$(READERS)),--no-readers)

# Needs nothing built: what was started must always be stoppable.
lab-down:
	@$(if $(DIR),,echo 'lab-down: say DIR=folder' >&2; exit 64;) \
	$(PYTHON) -m lab down '$(DIR)'

clean:
	rm -rf build build-clang build-asan build-fuzz build-crash
