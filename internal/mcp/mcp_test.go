package mcp

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
)

const described = `{"openapi":"3.1.0","paths":{
"/me":{"get":{"operationId":"whoAmI","summary":"Whose token"}},
"/groups":{"get":{"operationId":"listGroups","summary":"Groups","x-scope":"people:read","parameters":[{"name":"limit","in":"query","schema":{"type":"integer"}}]}},
"/groups/{id}":{"get":{"operationId":"getGroup","summary":"One group","x-scope":"people:read","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}]}},
"/groups/{id}/mode":{"put":{"operationId":"setMode","summary":"Mode","x-scope":"order:act","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}},{"name":"Idempotency-Key","in":"header","required":true,"schema":{"type":"string"}}],
 "requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Mode"}}}}}},
"/rules":{"put":{"operationId":"setRules","summary":"Rules","x-scope":"order:admin"}}},
"components":{"schemas":{"Mode":{"type":"object","properties":{"why":{"$ref":"#/components/schemas/Why"}}},"Why":{"type":"string"},"Other":{"type":"string"}}}}`

// office is an API in memory.
type office struct {
	scopes []string
	calls  []string
	status int
}

func (o *office) door(_ context.Context, method, path string, query url.Values, body []byte, key string) (int, []byte, error) {
	switch path {
	case "/openapi.json":
		return 200, []byte(described), nil
	case "/me":
		raw, err := json.Marshal(map[string]any{"scopes": o.scopes})
		return 200, raw, err
	}
	o.calls = append(o.calls, strings.Join([]string{method, path, query.Encode(), string(body), key}, " "))
	if o.status != 0 {
		return o.status, []byte(`{"code":"not_found","detail":"group x: not found"}`), nil
	}
	return 200, []byte(`{"items":[1]}`), nil
}

func (o *office) open(t *testing.T, most string, only ...string) *Server {
	t.Helper()
	s, err := New(t.Context(), o.door, Options{Most: most, Only: only, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// script runs lines through a server and gives the answers.
func script(t *testing.T, s *Server, lines ...string) []map[string]any {
	t.Helper()
	var out strings.Builder
	if err := s.Serve(t.Context(), strings.NewReader(strings.Join(lines, "\n")), &out); err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	for line := range strings.Lines(out.String()) {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		all = append(all, one)
	}
	return all
}

func names(s *Server) (out []string) {
	for _, t := range s.tools {
		out = append(out, t.Name)
	}
	return out
}

func TestSessionGreetsListsAndCalls(t *testing.T) {
	o := &office{scopes: []string{"people:read"}}
	got := script(t, o.open(t, ""),
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":"two","method":"ping"}`,
		`{"jsonrpc":"2.0","id":3,"method":"tools/list"}`,
		`{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"listGroups","arguments":{"limit":5}}}`,
		`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"getGroup","arguments":{"id":"a/../b"}}}`)
	if len(got) != 5 {
		t.Fatalf("%d answers, want five: a notification has none", len(got))
	}
	if r := got[0]["result"].(map[string]any); r["protocolVersion"] != "2025-03-26" || r["serverInfo"].(map[string]any)["name"] != "qunluo" {
		t.Errorf("greeting = %v", r)
	}
	if got[1]["id"] != "two" || got[1]["result"] == nil {
		t.Errorf("ping = %v", got[1])
	}
	if tools := got[2]["result"].(map[string]any)["tools"].([]any); len(tools) != 3 {
		t.Errorf("tools = %v, want the three that read", tools)
	}
	if r := got[3]["result"].(map[string]any); r["isError"] != false || r["structuredContent"].(map[string]any)["items"] == nil {
		t.Errorf("call = %v", r)
	}
	if want := []string{"GET /groups limit=5  ", "GET /groups/a%2F..%2Fb   "}; !slices.Equal(o.calls, want) {
		t.Errorf("calls = %q, want %q", o.calls, want)
	}
}

func TestToolsAreThoseOfTheScopesAndNoMoreThanAsked(t *testing.T) {
	for _, tc := range []struct {
		scopes, only []string
		most         string
		want         []string
	}{
		{[]string{"all:admin"}, nil, "", []string{"getGroup", "listGroups", "whoAmI"}},
		{[]string{"all:admin"}, nil, "act", []string{"getGroup", "listGroups", "setMode", "whoAmI"}},
		{[]string{"all:admin"}, nil, "admin", []string{"getGroup", "listGroups", "setMode", "setRules", "whoAmI"}},
		{[]string{"order:act"}, nil, "admin", []string{"setMode", "whoAmI"}},
		{nil, nil, "admin", []string{"whoAmI"}},
		{[]string{"all:read"}, []string{"list"}, "act", []string{"listGroups"}},
	} {
		o := &office{scopes: tc.scopes}
		if got := names(o.open(t, tc.most, tc.only...)); !slices.Equal(got, tc.want) {
			t.Errorf("%v up to %q, only %v = %v, want %v", tc.scopes, tc.most, tc.only, got, tc.want)
		}
	}
	if _, err := New(t.Context(), (&office{}).door, Options{Most: "all"}); err == nil {
		t.Error("a level that is none is taken")
	}
}

func TestToolThatChangesSomethingSaysSoAndHasAKey(t *testing.T) {
	o := &office{scopes: []string{"all:act"}}
	s := o.open(t, "act")
	tool := s.byName["setMode"]
	if tool.Hints.ReadOnly || !tool.Hints.Destructive || s.byName["getGroup"].Hints.Destructive {
		t.Errorf("hints = %+v", tool.Hints)
	}
	raw, err := json.Marshal(tool.Input)
	if err != nil || strings.Contains(string(raw), "components") || !strings.Contains(string(raw), `"#/$defs/Why"`) || strings.Contains(string(raw), "Other") || strings.Contains(string(raw), "Idempotency-Key") {
		t.Errorf("input = %s, want its own definitions and no others", raw)
	}
	script(t, s, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"setMode","arguments":{"id":"g","body":{"why":"x"},"idempotency_key":"k1"}}}`,
		`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"setMode","arguments":{"id":"g","body":{}}}}`)
	if len(o.calls) != 2 || o.calls[0] != `PUT /groups/g/mode  {"why":"x"} k1` || len(o.calls[1]) < len(`PUT /groups/g/mode  {} `)+20 {
		t.Errorf("calls = %q, want the key given, and one drawn", o.calls)
	}
}

func TestWhatIsNoCallIsAFaultAndWhatIsRefusedAnAnswer(t *testing.T) {
	o := &office{scopes: []string{"all:read"}, status: 404}
	s := o.open(t, "")
	for line, code := range map[string]float64{
		`{`: -32700, `[]`: -32600, `{"id":1,"method":"ping"}`: -32600, `{"jsonrpc":"2.0","id":1}`: -32600, `{"jsonrpc":"2.0","id":1,"method":"tools/none"}`: -32601,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"setMode"}}`: -32602, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":[]}`: -32602, `{"jsonrpc":"2.0","id":1,"method":"initialize"}`: -32602,
	} {
		got := script(t, s, line)
		if fault, ok := got[0]["error"].(map[string]any); len(got) != 1 || !ok || fault["code"] != code {
			t.Errorf("%s = %v, want fault %v", line, got, code)
		}
	}
	for _, args := range []string{`{"id":"x"}`, `{}`, `{"id":""}`, `{"id":".."}`, `{"id":"x","else":1}`} {
		got := script(t, s, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"getGroup","arguments":`+args+`}}`)
		if r, ok := got[0]["result"].(map[string]any); !ok || r["isError"] != true {
			t.Errorf("getGroup %s = %v, want an error to read", args, got)
		}
	}
	if len(o.calls) != 1 {
		t.Errorf("calls = %q, want the first only", o.calls)
	}
}
