package north

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// prefix begins every bot's token, so that leaked ones are found by looking for it.
const prefix = "qlk_"

// NewToken makes a token, shown once, and its hash, which is kept.
func NewToken() (token, hash string) {
	token = prefix + rand.Text()
	return token, Hash(token)
}

// Hash is what is kept of a token.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Bearer reads the token of an Authorization header: "Bearer x" or "Token x".
func Bearer(header string) string {
	scheme, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "Token") {
		return ""
	}
	return strings.TrimSpace(rest)
}
