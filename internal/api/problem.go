package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
)

// Problem is an error as programs read it (RFC 9457, application/problem+json). Code is one of community's codes.
type Problem struct {
	Type    string  `json:"type" doc:"urn:qunluo:problem: and the code"`
	Title   string  `json:"title" doc:"what kind of error it is, in English"`
	Status  int     `json:"status" doc:"the HTTP status"`
	Detail  string  `json:"detail,omitempty" doc:"what happened this time"`
	Code    string  `json:"code" doc:"for programs: bad_input, not_found, conflict, forbidden, limited, …"`
	Request string  `json:"request_id" doc:"under which the server's log knows the call"`
	Errors  []Fault `json:"errors,omitempty" doc:"what is wrong with the input, place by place"`
}

// Fault is one wrong place of the input.
type Fault struct {
	Location string `json:"location" doc:"such as body.items[3].text, query.limit or header.Idempotency-Key"`
	Message  string `json:"message"`
}

// statusOf translates a code for programs.
func statusOf(code community.Code) int {
	switch code {
	case community.CodeBadInput, community.CodeUnsupported, community.CodePrivate:
		return http.StatusUnprocessableEntity
	case community.CodeTooLarge:
		return http.StatusRequestEntityTooLarge
	case community.CodeNotFound:
		return http.StatusNotFound
	case community.CodeConflict, community.CodeFrozen, community.CodeLate, community.CodeClock, community.CodeRestricted:
		return http.StatusConflict
	case community.CodeForbidden:
		return http.StatusForbidden
	case community.CodeLimited:
		return http.StatusTooManyRequests
	case community.CodeUnreachable, community.CodeTimeout, community.CodeRefused:
		return http.StatusBadGateway
	case community.CodeBusy:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// titles say codes in English.
var titles = map[community.Code]string{
	community.CodeInternal: "Something broke inside", community.CodeBadInput: "The input is not right", community.CodeTooLarge: "Too large",
	community.CodeNotFound: "Not found", community.CodeConflict: "In conflict with how things stand", community.CodeForbidden: "Not allowed",
	community.CodeUnsupported: "The platform cannot do this", community.CodeRefused: "The platform said no", community.CodeUnreachable: "Nobody answered",
	community.CodeTimeout: "No answer: the outcome is not known", community.CodeLimited: "Too often", community.CodePrivate: "A private chat",
	community.CodeBusy: "Busy: try again", community.CodeFrozen: "Automatic actions are held", community.CodeLate: "Too late",
	community.CodeRestricted: "The platform holds the account back", community.CodeClock: "The clocks differ too much",
}

// refusal is an error that carries more than its code: another status, places of the input, or how long to wait.
type refusal struct {
	error
	status int
	faults []Fault
	wait   time.Duration
}

func (r *refusal) Unwrap() error { return r.error }

// fault is one wrong place of an input.
func fault(location, message string) error {
	return &huma.ErrorDetail{Location: location, Message: message}
}

// longest bounds the detail of a problem, in bytes.
const longest = 2000

// problemOf says an error to a program. What broke inside is said by its request id only.
func problemOf(ctx context.Context, err error) Problem {
	code := community.CodeOf(err)
	p := Problem{Type: "urn:qunluo:problem:" + string(code), Title: titles[code], Status: statusOf(code), Detail: err.Error(), Code: string(code), Request: httpd.RequestID(ctx)}
	if r, ok := err.(*refusal); ok {
		p.Errors = r.faults
		if r.status != 0 {
			p.Status = r.status
		}
	}
	if p.Status >= 500 && p.Status != http.StatusBadGateway && p.Status != http.StatusServiceUnavailable {
		p.Detail = ""
	}
	if len(p.Detail) > longest {
		p.Detail = strings.ToValidUTF8(p.Detail[:longest], "")
	}
	return p
}

// fail answers an error; what the operator must know goes to the log.
func fail(w http.ResponseWriter, r *http.Request, route string, err error) {
	p := problemOf(r.Context(), err)
	if p.Status >= 500 {
		httpd.Note(r.Context(), route, err)
	}
	if wait, ok := err.(*refusal); ok && wait.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait.wait/time.Second)+1))
	}
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="qunluo"`)
	}
	raw, _ := json.Marshal(p) // plain texts
	answer(w, p.Status, problemType, raw)
}

// Types of content.
const (
	jsonType    = "application/json"
	problemType = "application/problem+json"
)

func answer(w http.ResponseWriter, status int, kind string, raw []byte) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(raw) //nolint:errcheck // the caller left
}
