package wire

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
)

// Signature is the value of X-Signature for a body: "sha1=" and the HMAC-SHA1 in hex.
func Signature(secret string, body []byte) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write(body)
	return "sha1=" + hex.EncodeToString(mac.Sum(nil))
}

// Signed reports whether a body bears the signature of the secret's holder.
func Signed(secret string, body []byte, given string) bool {
	return hmac.Equal([]byte(Signature(secret, body)), []byte(given))
}
