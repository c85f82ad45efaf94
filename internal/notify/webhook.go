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
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return community.Errorf(community.CodeBadInput, "the webhook's address cannot be read")
	}
	at := strconv.FormatInt(now/1000, 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("webhook-id", m.ID)
	r.Header.Set("webhook-timestamp", at)
	r.Header.Set("webhook-signature", Sign(secret, m.ID, at, body))
	answer, err := h.Client.Do(ctx, r)
	if err != nil {
		return err
	}
	return answer.Said()
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
