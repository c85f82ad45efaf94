package client

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	hookKey   = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	otherKey  = "whsec_AAAQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	hookBody  = `{"type":"member.joined","timestamp":"2026-11-29T04:00:00.000Z","data":{"group_id":"g1"}}`
	published = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func hookCall(id string, at time.Time, body, signature string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/in", strings.NewReader(body))
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("webhook-signature", signature)
	return r
}

func signHook(secret, id string, at time.Time, body string) string {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "." + body))
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestHookIsTakenOnlyAsItWasSigned(t *testing.T) {
	now := time.Now()
	good := signHook(hookKey, "m1", now, hookBody)
	h, err := VerifyHook(hookCall("m1", now, hookBody, "v1,AAAA "+good), otherKey, hookKey)
	if err != nil || h.ID != "m1" || h.Type != "member.joined" || string(h.Data) != `{"group_id":"g1"}` || h.At.UTC().Hour() != 4 {
		t.Errorf("hook = %+v, %v", h, err)
	}
	for name, r := range map[string]*http.Request{
		"another body":      hookCall("m1", now, strings.Replace(hookBody, "g1", "g2", 1), good),
		"another id":        hookCall("m2", now, hookBody, good),
		"another time":      hookCall("m1", now.Add(time.Second), hookBody, good),
		"an old one":        hookCall("m1", now.Add(-6*time.Minute), hookBody, signHook(hookKey, "m1", now.Add(-6*time.Minute), hookBody)),
		"one of tomorrow":   hookCall("m1", now.Add(6*time.Minute), hookBody, signHook(hookKey, "m1", now.Add(6*time.Minute), hookBody)),
		"another's key":     hookCall("m1", now, hookBody, signHook(otherKey, "m1", now, hookBody)),
		"no signature":      hookCall("m1", now, hookBody, ""),
		"no id":             hookCall("", now, hookBody, signHook(hookKey, "", now, hookBody)),
		"no version":        hookCall("m1", now, hookBody, strings.TrimPrefix(good, "v1,")),
		"a body over bound": hookCall("m1", now, hookBody+strings.Repeat(" ", maxHook), signHook(hookKey, "m1", now, hookBody+strings.Repeat(" ", maxHook))),
	} {
		if h, err := VerifyHook(r, hookKey); !errors.Is(err, ErrHook) {
			t.Errorf("%s = %+v, %v; want it refused", name, h, err)
		}
	}
	for _, none := range []string{"", "whsec_", "whsec_!"} { // whoever forgot to set the secret takes nothing
		if _, err := VerifyHook(hookCall("m1", now, hookBody, signHook("", "m1", now, hookBody)), none); !errors.Is(err, ErrHook) {
			t.Errorf("secret %q: %v, want it refused", none, err)
		}
	}
}

// TestSignatureIsThatOfThePublishedVector is the example of the Standard Webhooks specification.
func TestSignatureIsThatOfThePublishedVector(t *testing.T) {
	if !signed(published, "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.", []byte(`{"test": 2432232314}`), []string{hookKey}) {
		t.Error("the example of the specification is refused")
	}
}
