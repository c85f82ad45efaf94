package satori

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"qunluo/internal/community"
)

const (
	callTimeout = 15 * time.Second
	maxAnswer   = 16 << 20 // bytes of an answer
)

// meanings are HTTP answers and what they mean; other refusals are CodeRefused.
var meanings = map[int]community.Code{
	http.StatusUnauthorized: community.CodeForbidden, http.StatusTooManyRequests: community.CodeLimited, http.StatusNotImplemented: community.CodeUnsupported,
	http.StatusMethodNotAllowed: community.CodeUnsupported, http.StatusBadGateway: community.CodeUnreachable, http.StatusServiceUnavailable: community.CodeUnreachable,
	http.StatusGatewayTimeout: community.CodeTimeout,
}

// codeNoRank says that our rank does not suffice; never given out.
const codeNoRank community.Code = "no_rank"

// signs are words of a refusal and what they mean; the first that is found counts.
var signs = []struct {
	words string // lower case
	code  community.Code
}{
	{"method not found", community.CodeUnsupported}, {"no method", community.CodeUnsupported}, {"not implemented", community.CodeUnsupported},
	{"is not a function", community.CodeUnsupported}, {"not supported", community.CodeUnsupported}, {"unsupported", community.CodeUnsupported},
	{"风控", community.CodeRestricted}, {"账号异常", community.CodeRestricted}, {"account restricted", community.CodeRestricted},
	{"rate limit", community.CodeLimited}, {"too many", community.CodeLimited}, {"频繁", community.CodeLimited},
	{"timeout", community.CodeTimeout}, {"timed out", community.CodeTimeout}, {"超时", community.CodeTimeout},
	{"permission", codeNoRank}, {"not an admin", codeNoRank}, {"not admin", codeNoRank}, {"权限", codeNoRank}, {"不是管理", codeNoRank},
}

func meaningOf(status int, words string) community.Code {
	if code, ok := meanings[status]; ok {
		return code
	}
	words = strings.ToLower(words)
	for _, sign := range signs {
		if strings.Contains(words, sign.words) {
			return sign.code
		}
	}
	return community.CodeRefused
}

// call makes one call. CodeUnreachable: certainly not done. CodeTimeout: nobody knows. out may be nil.
func (s *Session) call(ctx context.Context, method string, params map[string]any, out any) error {
	body, err := json.Marshal(params)
	if err != nil {
		return err
	}
	limit, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	wrote := false
	traced := httptrace.WithClientTrace(limit, &httptrace.ClientTrace{WroteHeaders: func() { wrote = true }})
	req, err := http.NewRequestWithContext(traced, http.MethodPost, s.base+"/v1/"+method, bytes.NewReader(body))
	if err != nil {
		return community.Errorf(community.CodeUnreachable, "%s: the address is not usable", method)
	}
	s.sign(req.Header)
	answer, err := s.client.Do(req)
	if err != nil {
		code := community.CodeTimeout
		if !wrote {
			code = community.CodeUnreachable
		}
		return community.Errorf(code, "%s: %s", method, shortened(s.hush(err.Error())))
	}
	defer answer.Body.Close()
	return s.readAnswer(method, answer, out)
}

// sign says who asks, in the headers of newer and older gateways.
func (s *Session) sign(h http.Header) {
	h.Set("Content-Type", "application/json")
	if s.token != "" {
		h.Set("Authorization", "Bearer "+s.token)
	}
	self := s.ownID()
	for _, name := range []string{"Satori-Platform", "X-Platform"} {
		h.Set(name, s.platform)
	}
	for _, name := range []string{"Satori-User-ID", "X-Self-ID"} {
		h.Set(name, self)
	}
}

func (s *Session) readAnswer(method string, answer *http.Response, out any) error {
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	done := answer.StatusCode >= 200 && answer.StatusCode < 300
	switch {
	case done && len(data) > maxAnswer:
		return community.Errorf(community.CodeTooLarge, "%s: answer of more than %d bytes", method, maxAnswer)
	case err != nil:
		return community.Errorf(community.CodeTimeout, "%s: half an answer", method)
	case !done:
		words := strings.TrimSpace(string(data))
		return community.Errorf(meaningOf(answer.StatusCode, words), "%s: HTTP %d: %s", method, answer.StatusCode, shortened(s.hush(words)))
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return community.Errorf(community.CodeTimeout, "%s: an answer that is not readable", method)
	}
	return nil
}

// list is a part of a list.
type list[T any] struct {
	Data []T    `json:"data"`
	Next string `json:"next"`
}

// maxPages bounds how often a list is gone on with.
const maxPages = 5000

// whole reads a list to its end. CodeConflict: the gateway does not let it end.
func whole[T any](ctx context.Context, s *Session, method string, params map[string]any) ([]T, error) {
	var all []T
	seen := map[string]bool{}
	for range maxPages {
		var page list[T]
		if err := s.call(ctx, method, params, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Data...)
		if page.Next == "" {
			return all, nil
		}
		if seen[page.Next] {
			break
		}
		seen[page.Next] = true
		params["next"] = page.Next
	}
	return nil, community.Errorf(community.CodeConflict, "%s: a list without end", method)
}
