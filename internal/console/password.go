package console

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Argon2id with the figures of OWASP's cheat sheet (19 MiB, two passes, one lane).
const (
	argonMemory = 19 << 10 // KiB
	argonPasses = 2
	argonLanes  = 1
	argonLength = 32
)

// Bounds of a password, in characters.
const (
	MinPassword = 10
	MaxPassword = 200
)

// hashing bounds how many passwords are hashed at the same time: each takes 19 MiB.
type hashing chan struct{}

func newHashing() hashing { return make(hashing, 2) }

func (h hashing) do(f func()) {
	h <- struct{}{}
	defer func() { <-h }()
	f()
}

// PasswordFault says what is wrong with a password: "" or "short", "long", "same" (as the login).
func PasswordFault(login, password string) string {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return "short"
	case n > MaxPassword:
		return "long"
	case strings.EqualFold(login, password):
		return "same"
	}
	return ""
}

// PasswordFits compares a password with a hash in PHC form.
func PasswordFits(hash, password string) (bool, error) { return passwordFits(hash, password) }

// HashPassword gives the PHC form of argon2id with fresh salt.
func HashPassword(password string) string {
	salt := random(16)
	return phc(salt, argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, argonLength))
}

// NoPassword is the hash of somebody who has no password yet: none fits.
func NoPassword() string { return unfitting() }

// unfitting is the hash of no password that anybody knows: its sum is chance. Comparing with it takes as long as with any.
func unfitting() string { return phc(random(16), random(argonLength)) }

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) //nolint:errcheck // never fails
	return b
}

func phc(salt, sum []byte) string {
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonLanes, b64(salt), b64(sum))
}

var errBadHash = errors.New("not an argon2id hash in PHC form")

// passwordFits compares in constant time. The figures come from the hash, within bounds.
func passwordFits(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errBadHash
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false, errBadHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil {
		return false, errBadHash
	}
	if memory > 256<<10 || passes > 16 || passes == 0 || lanes == 0 {
		return false, errBadHash
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, errBadHash
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil || len(want) < 16 || len(want) > 64 {
		return false, errBadHash
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// NewToken makes a set-up token: what stands in the link, and the hash that is stored.
func NewToken() (token, hash string) {
	token = rand.Text()
	return token, HashToken(token)
}

// HashToken is the SHA-256 of a token in base64url without padding.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// SetupMinutes is how long a set-up link is good.
const SetupMinutes = 15
