package learn

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"strings"
	"sync"
)

// models are the models that came with a release, each in a file named by the hash of its content. Books name them, so
// none is ever taken away or changed.
//
//go:embed shipped/*.qlm
var models embed.FS

// ShippedHash names the model that comes with this version: [Base] and nothing else has taught it.
const ShippedHash = "a6176b5c89e97c794d7d9f46e819c65bd24de81756366137981e6a8088932d5e"

// Thresholds of the shipped model. They were found on texts it never learned from: the part for choosing of labelled
// advertising, and ten days of an ordinary group.
const (
	shippedAct     = 2.8
	shippedSuspect = 1.4
)

// makeShipped trains the model that is shipped.
func makeShipped() *Model { return Train(Base()).WithThresholds(shippedAct, shippedSuspect) }

// Shipped is the model that comes with this version.
var Shipped = sync.OnceValue(func() *Model {
	raw, ok := ShippedModel(ShippedHash)
	if !ok {
		panic("the shipped model is missing") // embedded
	}
	m, err := Read(raw)
	if err != nil {
		panic(err) // a test reads it
	}
	return m
})

// ShippedModel gives the packed model that came with this or an earlier version under a hash.
func ShippedModel(hash string) ([]byte, bool) {
	if strings.ContainsAny(hash, "/.") {
		return nil, false
	}
	raw, err := models.ReadFile("shipped/" + hash + ".qlm")
	return raw, err == nil
}

func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}
