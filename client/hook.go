package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Hook is what Qunluo told an outlet. The same ID is the same thing told again: whoever keeps the ids does it once.
type Hook struct {
	ID   string          `json:"-"`         // webhook-id
	Type string          `json:"type"`      // "member.joined", "alarm.opened", …
	At   time.Time       `json:"timestamp"` // when it happened
	Data json.RawMessage `json:"data"`      // ids, and few words
}

// ErrHook is a call that is not from the Qunluo that one knows, or an old one played again.
var ErrHook = errors.New("webhook: not signed with this secret within five minutes")

// Bounds of a hook.
const (
	maxHook  = 1 << 20 // bytes
	hookSkew = 5 * time.Minute
)

// VerifyHook reads a call and gives what it says, if it is signed with one of the secrets ("whsec_…") no more than five minutes before or after now
// (Standard Webhooks 1.0: HMAC-SHA256 over webhook-id.webhook-timestamp.body). ErrHook: it is not; other errors are of reading. Answer 2xx within five
// seconds; anything else is told again later.
func VerifyHook(r *http.Request, secrets ...string) (Hook, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxHook+1))
	if err != nil {
		return Hook{}, err
	}
	id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || len(raw) > maxHook || id == "" || time.Since(time.Unix(seconds, 0)).Abs() > hookSkew || !signed(r.Header.Get("webhook-signature"), id+"."+at+".", raw, secrets) {
		return Hook{}, ErrHook
	}
	h := Hook{ID: id}
	if err := json.Unmarshal(raw, &h); err != nil {
		return Hook{}, fmt.Errorf("webhook %s: %w", id, err)
	}
	return h, nil
}

// signed reports whether one of the signatures ("v1,BASE64", blank between) is one of the secrets'.
func signed(signatures, head string, body []byte, secrets []string) bool {
	ok := false
	for _, secret := range secrets {
		coded, _ := strings.CutPrefix(secret, "whsec_")
		key, err := base64.StdEncoding.DecodeString(coded)
		if err != nil || len(key) == 0 {
			continue // no secret of ours: nothing is signed with it
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(head)) //nolint:errcheck // a hash
		mac.Write(body)         //nolint:errcheck // a hash
		want := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		for one := range strings.FieldsSeq(signatures) {
			ok = hmac.Equal([]byte(one), want) || ok
		}
	}
	return ok
}
