package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/cli"
	"qunluo/internal/community"
)

// mcpAnswer is an answer to an assistant.
type mcpAnswer struct {
	ID     int `json:"id"`
	Result struct {
		Revision string `json:"protocolVersion"`
		Tools    []struct {
			Name string `json:"name"`
		} `json:"tools"`
		Bad   bool `json:"isError"`
		Whole struct {
			Items []struct {
				Name string `json:"name"`
			} `json:"items"`
			Code string `json:"code"`
		} `json:"structuredContent"`
	} `json:"result"`
	Error *struct {
		Code int `json:"code"`
	} `json:"error"`
}

const (
	mcpHello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"test","version":"0"}}}`
	mcpList  = `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`
	mcpRead  = `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"listGroups","arguments":{"limit":10}}}`
)

func (a mcpAnswer) offers(name string) bool {
	for _, t := range a.Result.Tools {
		if t.Name == name {
			return true
		}
	}
	return false
}

// TestAssistantUsesTheAPIOverStdio runs the verb against a served house, as an assistant's program does.
func TestAssistantUsesTheAPIOverStdio(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		group := s.group.ID.String()
		freeze := `{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"freezeGroup","arguments":{"id":"` + group + `","body":{"on":true,"reason":"试"}}}}`
		talk := func(token string, args ...string) []mcpAnswer {
			t.Helper()
			file := filepath.Join(t.TempDir(), "token")
			check(t, os.WriteFile(file, []byte(token+"\n"), 0o600))
			var out, said bytes.Buffer
			p := cli.Program{Args: append([]string{"mcp", "--url", s.base, "--token-file", file}, args...), Dir: t.TempDir(), Env: []string{"LANG=C", "QL_DATA_DIR=" + t.TempDir()},
				In: strings.NewReader(strings.Join([]string{mcpHello, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, mcpList, mcpRead, freeze}, "\n") + "\n"), Out: &out, Err: &said, Houses: app.CommandLine()}
			if code := p.Run(t.Context()); code != 0 {
				t.Fatalf("mcp ended with %d: %s", code, said.String())
			}
			var all []mcpAnswer
			for line := range strings.Lines(out.String()) {
				var one mcpAnswer
				check(t, json.Unmarshal([]byte(line), &one))
				all = append(all, one)
			}
			if len(all) != 4 {
				t.Fatalf("%d answers, want four: %s", len(all), out.String())
			}
			return all
		}
		full := s.program("owner", "all:admin").Token
		got := talk(full)
		if got[0].Result.Revision != "2025-06-18" || !got[1].offers("listGroups") || got[1].offers("freezeGroup") {
			t.Errorf("without a flag: %+v; want what reads and no more", got[:2])
		}
		if r := got[2].Result; r.Bad || len(r.Whole.Items) != 1 || r.Whole.Items[0].Name != s.group.Name {
			t.Errorf("groups = %+v", r)
		}
		if got[3].Error == nil || got[3].Error.Code != -32602 {
			t.Errorf("what changes something, without a flag: %+v, want no such tool", got[3])
		}
		read := s.program("owner", "people:read").Token
		if got = talk(read, "--admin"); got[1].offers("freezeGroup") || got[1].offers("listAudit") || !got[1].offers("listMembers") {
			t.Errorf("a token for reading people: %d tools, want none beyond its scopes", len(got[1].Result.Tools))
		}
		if got = talk(full, "--admin"); got[3].Error != nil || got[3].Result.Bad {
			t.Errorf("freeze with the flag: %+v", got[3])
		}
		g, err := s.desk.GroupByID(t.Context(), s.group.ID)
		if err != nil || !g.Frozen {
			t.Errorf("group = %+v, %v; want it frozen", g, err)
		}
		trail, _, err := s.desk.FindAudit(t.Context(), community.AuditFilter{})
		check(t, err)
		if !slices.ContainsFunc(trail, func(a community.Audit) bool { return a.Reason == "试" && strings.Contains(a.Verb, "freeze") }) {
			t.Errorf("trail = %+v; want who froze it", trail)
		}
	})
}

// TestAssistantOverHTTPOnlyReads asks the door that stands open beside the API.
func TestAssistantOverHTTPOnlyReads(t *testing.T) {
	s := startSite(t, "", "")
	post := func(token, body string, headers ...string) (int, mcpAnswer) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "POST", s.base+"/mcp", strings.NewReader(body))
		check(t, err)
		req.Header.Set("Content-Type", "application/json")
		if token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		for i := 0; i < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		resp, err := http.DefaultClient.Do(req)
		check(t, err)
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		check(t, err)
		var got mcpAnswer
		_ = json.Unmarshal(raw, &got) // a refusal is none
		return resp.StatusCode, got
	}
	token := s.program("owner", "all:admin").Token
	if status, got := post(token, mcpHello); status != 200 || got.Result.Revision != "2025-06-18" {
		t.Errorf("initialize = %d %+v", status, got)
	}
	if status, _ := post(token, `{"jsonrpc":"2.0","method":"notifications/initialized"}`); status != 202 {
		t.Errorf("a notification = %d, want 202", status)
	}
	if status, got := post(token, mcpList); status != 200 || !got.offers("listGroups") || got.offers("freezeGroup") || len(got.Result.Tools) < 50 {
		t.Errorf("tools = %d, %d of them; want what reads", status, len(got.Result.Tools))
	}
	if status, got := post(token, mcpRead); status != 200 || got.Result.Bad || len(got.Result.Whole.Items) != 1 {
		t.Errorf("groups = %d %+v", status, got)
	}
	for name, status := range map[string]int{"": 401, "qlk_none": 401} {
		if got, _ := post(name, mcpList); got != status {
			t.Errorf("token %q = %d, want %d", name, got, status)
		}
	}
	if got, _ := post(token, mcpList, "Origin", "https://evil.example"); got != 403 {
		t.Errorf("from a page = %d, want 403", got)
	}
	resp, err := http.Get(s.base + "/mcp") //nolint:noctx // a test
	check(t, err)
	check(t, resp.Body.Close())
	if resp.StatusCode != 405 || resp.Header.Get("Allow") != "POST" {
		t.Errorf("GET = %d, want 405", resp.StatusCode)
	}
}
