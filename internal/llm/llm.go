// Package llm asks a language model behind an address that speaks OpenAI's chat completions: one plain call over HTTP, no tools, no stream, no library. It sends
// what it is given; what may be sent, and what of an answer is taken, package draft decides.
package llm

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/draft"
	"qunluo/internal/safehttp"
)

// Bounds of a call.
const (
	Timeout   = 60 * time.Second // for the whole answer
	maxTokens = 2000             // of an answer
)

// Client asks models.
type Client struct {
	http   *safehttp.Client
	within time.Duration
}

// New makes a client. Addresses in allow are called although they lie inside a network: a model that runs in the house. within bounds a call, 0 = Timeout.
func New(allow []netip.Prefix, within time.Duration) *Client {
	if within == 0 {
		within = Timeout
	}
	return &Client{safehttp.New(allow), within}
}

// Answer is what a model said.
type Answer struct {
	Text      string
	TokensIn  int // as it counts; 0 = it did not say
	TokensOut int
	Bytes     int // of the whole answer
}

// Address checks where a model is asked, and gives the full address and the host. It is https; plain http only to an address by number, where nobody has a
// certificate: whether it may be called is seen when it is. CodeBadInput.
func Address(text string) (full, host string, err error) {
	at, err := url.Parse(strings.TrimSpace(text))
	if err != nil || len(text) > 1000 || !utf8.ValidString(text) || at.Hostname() == "" || at.User != nil || at.Fragment != "" || at.RawQuery != "" || at.Scheme != "http" && at.Scheme != "https" {
		return "", "", community.Errorf(community.CodeBadInput, "url: want https://host/v1")
	}
	if at.Scheme == "http" {
		if _, err := netip.ParseAddr(at.Hostname()); err != nil {
			return "", "", community.Errorf(community.CodeBadInput, "url: want https; plain http only to an address by number")
		}
	}
	at.Path = strings.TrimRight(at.Path, "/")
	if !strings.HasSuffix(at.Path, "/chat/completions") {
		at.Path += "/chat/completions"
	}
	return at.String(), at.Host, nil
}

// Ask sends messages and reads the answer. community.CodeForbidden: the address is refused; CodeUnreachable: nobody answered, or not in time; CodeLimited,
// CodeRefused: the model's host said so; CodeTooLarge: the answer is more than draft.MaxAnswer and what stands around it; CodeBadInput: it is none. No error
// names the address or the key.
func (c *Client) Ask(ctx context.Context, to draft.Endpoint, name string, list []draft.Message) (Answer, error) {
	full, _, err := Address(to.URL)
	if err != nil {
		return Answer{}, err
	}
	body, err := json.Marshal(map[string]any{"model": name, "messages": list, "temperature": 0.3, "max_tokens": maxTokens, "stream": false})
	if err != nil {
		return Answer{}, err
	}
	r, err := http.NewRequest(http.MethodPost, full, bytes.NewReader(body))
	if err != nil {
		return Answer{}, community.Errorf(community.CodeBadInput, "url: not one")
	}
	r.Header.Set("Content-Type", "application/json")
	if to.Key != "" {
		r.Header.Set("Authorization", "Bearer "+to.Key)
	}
	got, err := c.http.Direct(ctx, r, c.within, 4*draft.MaxAnswer)
	if err != nil {
		return Answer{}, err
	}
	if err := got.Said(); err != nil {
		return Answer{Bytes: len(got.Body)}, err
	}
	return parse(got.Body)
}

func parse(body []byte) (Answer, error) {
	var said struct {
		Choices []struct {
			Message struct {
				Content string `json:"content"`
			} `json:"message"`
		} `json:"choices"`
		Usage struct {
			In  int `json:"prompt_tokens"`
			Out int `json:"completion_tokens"`
		} `json:"usage"`
	}
	out := Answer{Bytes: len(body)}
	if err := json.Unmarshal(body, &said); err != nil || len(said.Choices) == 0 {
		return out, community.Errorf(community.CodeBadInput, "answer: not a chat completion")
	}
	out.Text, out.TokensIn, out.TokensOut = said.Choices[0].Message.Content, bounded(said.Usage.In), bounded(said.Usage.Out)
	return out, nil
}

// bounded keeps a stranger's count within what can be added up.
func bounded(n int) int { return min(max(n, 0), 10_000_000) }
