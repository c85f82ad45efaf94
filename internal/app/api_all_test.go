package app_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"qunluo/client"
	"qunluo/internal/bulk"
	"qunluo/internal/community"
)

// spec is the part of the OpenAPI document that the test reads.
type spec struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Parameters  []struct {
			Name     string `json:"name"`
			In       string `json:"in"`
			Required bool   `json:"required"`
			Schema   shape  `json:"schema"`
		} `json:"parameters"`
		RequestBody struct {
			Content map[string]struct {
				Schema shape `json:"schema"`
			} `json:"content"`
		} `json:"requestBody"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]shape `json:"schemas"`
	} `json:"components"`
}

type shape struct {
	Ref        string           `json:"$ref"`
	Type       any              `json:"type"`
	Format     string           `json:"format"`
	Enum       []any            `json:"enum"`
	Minimum    *float64         `json:"minimum"`
	Required   []string         `json:"required"`
	Properties map[string]shape `json:"properties"`
	Items      *shape           `json:"items"`
	MinItems   int              `json:"minItems"`
}

// sample is a value that fits a shape: the smallest there is.
func (s spec) sample(t *testing.T, of shape, name, group string) any {
	t.Helper()
	if of.Ref != "" {
		of = s.Components.Schemas[of.Ref[strings.LastIndex(of.Ref, "/")+1:]]
	}
	if len(of.Enum) > 0 {
		return of.Enum[0]
	}
	kind, ok := of.Type.(string)
	if list, is := of.Type.([]any); is && len(list) > 0 {
		kind, ok = list[0].(string)
	}
	switch {
	case !ok:
		return map[string]any{}
	case kind == "object":
		out := map[string]any{}
		for _, field := range of.Required {
			out[field] = s.sample(t, of.Properties[field], field, group)
		}
		return out
	case kind == "array":
		out := []any{}
		for range of.MinItems {
			out = append(out, s.sample(t, *of.Items, name, group))
		}
		return out
	case kind == "boolean":
		return false
	case kind == "integer" || kind == "number":
		if of.Minimum != nil {
			return *of.Minimum
		}
		return 1
	case of.Format == "date-time":
		return "2026-01-02T03:04:05.000Z"
	case name == "group":
		return group
	case name == "member" || name == "other":
		return strings.Repeat("0", 22)
	}
	return "x"
}

// TestEveryOperationAnswersWithoutBreaking asks every operation of the description with the smallest input that fits: what reads
// answers 200 where the thing is there, and nothing answers that something broke inside.
func TestEveryOperationAnswersWithoutBreaking(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		s.say("20001", "怎么报名？")
		_, raw := s.asked(&client.Client{Base: s.base}, "GET", "/openapi.json", "")
		var doc spec
		check(t, json.Unmarshal([]byte(raw), &doc))
		group := s.group.ID.String()
		var paths []string
		for path := range doc.Paths {
			paths = append(paths, path)
		}
		slices.Sort(paths)
		var c *client.Client
		n, read := 0, 0
		for _, path := range paths {
			for method, op := range doc.Paths[path] {
				if n%50 == 0 {
					c = s.program("owner", "all:admin")
				}
				n++
				at, query := path, ""
				for _, p := range op.Parameters {
					switch {
					case p.In == "path" && p.Name == "id" && strings.HasPrefix(path, "/groups/"):
						at = strings.ReplaceAll(at, "{id}", group)
					case p.In == "path" && (p.Name == "number" || p.Name == "version"):
						at = strings.ReplaceAll(at, "{"+p.Name+"}", "1")
					case p.In == "path" && len(p.Schema.Enum) > 0:
						at = strings.ReplaceAll(at, "{"+p.Name+"}", p.Schema.Enum[0].(string))
					case p.In == "path":
						at = strings.ReplaceAll(at, "{"+p.Name+"}", strings.Repeat("0", 22))
					case p.In == "query" && op.OperationID == "listSuggestions" && p.Name == "group":
						query = "?group=" + group
					}
				}
				body := ""
				if content, ok := op.RequestBody.Content["application/json"]; ok {
					filled, err := json.Marshal(doc.sample(t, content.Schema, "", group))
					check(t, err)
					body = string(filled)
				}
				resp, answer := s.asked(c, strings.ToUpper(method), at+query, body, "Idempotency-Key", "k"+strconv.Itoa(n))
				ok := resp.StatusCode < 500 || resp.StatusCode == http.StatusBadGateway // whoever was asked outside said no
				if method == "get" && !strings.Contains(path, "{") {
					read++
					ok = resp.StatusCode == http.StatusOK
				}
				if !ok || !json.Valid([]byte(answer)) {
					t.Errorf("%s %s (%s) with %s = %d %.600s", method, at, op.OperationID, body, resp.StatusCode, answer)
				}
			}
		}
		if n < 150 || read < 30 {
			t.Errorf("%d operations were asked, %d of them lists; the description says less than it did", n, read)
		}
	})
}

// TestProgramsCarryOffNoMorePeopleThanAPersonAlone turns pages beyond what one person may export.
func TestProgramsCarryOffNoMorePeopleThanAPersonAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSite(t, dbURL, "")
		ctx := t.Context()
		c := s.program("owner", "people:read")
		rules, err := s.app.Bulks(s.org, nil).Rules(ctx)
		check(t, err)
		rules.Limits[bulk.Export] = bulk.Limit{Soft: 3, Run: 100, Day: 100}
		u, err := s.app.Store().UserByLogin(ctx, "owner")
		check(t, err)
		check(t, s.app.Bulks(s.org, nil).SetRules(ctx, u.ID.String(), rules, "严一点"))
		seen := 0
		for _, err := range client.All[thing](ctx, c, "/members", map[string][]string{"group": {s.group.ID.String()}, "limit": {"2"}}) {
			if err != nil {
				if codeOf(err) != string(community.CodeForbidden) {
					t.Errorf("the second page = %v, want forbidden", err)
				}
				if seen != 2 {
					t.Errorf("%d members were read, want the first two", seen)
				}
				return
			}
			seen++
		}
		t.Errorf("all %d members were read, and one person may carry off three", seen)
	})
}
