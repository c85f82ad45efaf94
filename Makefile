# `make` builds; `make test` is what the README promises. Go is enough for both.
.PHONY: build test race bench torture lint generate vendor-web

build:
	CGO_ENABLED=0 go build -trimpath -o bin/qunluo ./cmd/qunluo

test:
	go test ./...

race:
	CGO_ENABLED=1 go test -race -short ./...

# Compares with a baseline measured in the same run; also sizes a machine. One of them: make bench NAME=ingest
bench: build
	bin/qunluo bench $(NAME)

# 1,000 kills per database at random moments, and 100 power cuts where loop devices may be mounted (root); about half an hour.
torture:
	QL_KILLS=1000 QL_POWERCUT=100 go test -count=1 -timeout 4h -run 'Kill|PowerCut|KnownToBeBad' -v ./internal/fault

lint:
	@test -z "$$(git ls-files '*.go' | grep -v _templ.go | xargs gofmt -l | tee /dev/stderr)"
	go vet ./...
	go test ./internal/archtest

# Pages are generated and committed; run this after changing a .templ file.
generate:
	sh web/pages.sh

# Refreshes the committed browser files from npm; the only thing that needs Node.
vendor-web:
	sh web/vendor.sh
