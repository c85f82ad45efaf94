package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/safehttp"
)

// Hooks posts signed webhooks (Standard Webhooks 1.0: webhook-id, webhook-timestamp, webhook-signature).
type Hooks struct {
	Client *safehttp.Client
}

// posted is the body of a webhook.
type posted struct {
	Type string `json:"type"`
	At   int64  `json:"timestamp"` // UTC ms
	Data any    `json:"data"`
}

// told is the Data of a webhook without one of its own.
type told struct {
	Title string `json:"title"`
	Text  string `json:"text"`
	URL   string `json:"url"`
	More  any    `json:"detail,omitempty"`
}

// Post sends a message to an address. Errors have the codes of safehttp; a status beyond 2xx is one.
func (h *Hooks) Post(ctx context.Context, url, secret, kind string, m Message, now int64) error {
	body, err := json.Marshal(posted{Type: kind, At: m.At, Data: told{m.Title, m.Text, m.URL, m.Data}})
	if err != nil {
		return err
	}
	answer, err := h.Deliver(ctx, url, []string{secret}, m.ID, body, now)
	if err != nil {
		return err
	}
	return answer.Said()
}

// Deliver posts a body that is known by an id, the same for every try, signed with each of some secrets: while one takes another's place, a receiver may
// hold either. Errors have the codes of safehttp; what the receiver answered is the caller's to judge.
func (h *Hooks) Deliver(ctx context.Context, url string, secrets []string, id string, body []byte, now int64) (safehttp.Answer, error) {
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return safehttp.Answer{}, community.Errorf(community.CodeBadInput, "the webhook's address cannot be read")
	}
	at := strconv.FormatInt(now/1000, 10)
	signs := make([]string, len(secrets))
	for i, secret := range secrets {
		signs[i] = Sign(secret, id, at, body)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("webhook-id", id)
	r.Header.Set("webhook-timestamp", at)
	r.Header.Set("webhook-signature", strings.Join(signs, " "))
	return h.Client.Do(ctx, r)
}

// Sign gives the webhook-signature of a body: "v1," and the base64 of HMAC-SHA256 over id.timestamp.body. A secret
// "whsec_…" is the base64 of the key, any other is the key itself.
func Sign(secret, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, keyOf(secret))
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func keyOf(secret string) []byte {
	if coded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return key
		}
	}
	return []byte(secret)
}
