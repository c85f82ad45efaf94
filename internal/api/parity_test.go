package api

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// browserOnly are routes of the console that no program needs, by the reason why.
var browserOnly = map[string][]string{
	"a form over the rulebook, which is read and written whole": {
		"GET /rules/{id}/book",
		"GET /rules/{id}/charter/article/{article}",
		"GET /rules/{id}/charter/words",
		"GET /rules/{id}/rule/{rule}",
		"POST /rules/{id}/book",
		"POST /rules/{id}/charter/article/{article}",
		"POST /rules/{id}/charter/article/{article}/delete",
		"POST /rules/{id}/charter/article/{article}/move",
		"POST /rules/{id}/charter/new",
		"POST /rules/{id}/charter/words",
		"POST /rules/{id}/degrade",
		"POST /rules/{id}/lab/json",
		"POST /rules/{id}/new",
		"POST /rules/{id}/rule/{rule}",
		"POST /rules/{id}/rule/{rule}/delete",
		"POST /rules/{id}/rule/{rule}/mode",
		"POST /rules/{id}/rule/{rule}/move",
	},
	"a part of the console itself": {
		"GET /dev/ui",
		"GET /glossary",
		"GET /live",
		"GET /{$}",
		"POST /scope",
	},
	"a person's own settings in the console": {
		"GET /me",
		"GET /me/factor",
		"GET /me/notify",
		"GET /me/signins",
		"POST /me",
		"POST /me/factor/begin",
		"POST /me/factor/codes",
		"POST /me/factor/confirm",
		"POST /me/factor/off",
		"POST /me/signins/others",
		"POST /me/signins/{id}/end",
		"POST /me/notify",
		"POST /me/phone",
	},
	"a token makes no tokens: one would outlive the other": {
		"GET /tokens",
		"POST /tokens/new",
		"POST /tokens/{id}/revoke",
	},
	"what a form would do, before it is sent": {
		"POST /calendar/look",
	},
	"a stream for an open page; programs read a table's rows and edits": {
		"GET /tables/{id}/live",
	},
	"an empty form": {
		"GET /tables/from",
		"GET /tables/{id}/import",
		"GET /tables/{id}/settings",
		"GET /bots/new",
		"GET /calendar/new",
		"GET /drafts/new",
		"GET /drafts/{id}/edit",
		"GET /library/new",
		"GET /library/{id}/edit",
		"GET /library/{id}/plan",
		"GET /library/{id}/greet",
		"GET /library/{id}/send",
		"GET /calendar/{id}/edit",
		"GET /broadcasts/limits/edit",
		"GET /broadcasts/new",
		"GET /bulk/new",
		"GET /codes/new",
		"GET /experiments/new",
		"GET /experiments/{id}/edit",
		"GET /posters/edit",
		"GET /groups/new",
		"GET /handovers/new",
		"GET /hooks/new",
		"GET /outlets/new",
		"GET /wordings/new",
		"GET /moments/{id}/new",
		"GET /rules/{id}/charter/new",
		"GET /rules/{id}/new",
		"GET /shorts/new",
		"GET /sops/new",
		"GET /sops/{id}/edit",
		"GET /tokens/new",
		"GET /users/new",
		"GET /weekly/new",
	},
	"a token proves no person: what they sign in with is changed by somebody who is there": {
		"POST /members/{id}/unveil",
		"POST /prove",
		"POST /unveil/{id}/answer",
		"POST /users/demand",
		"POST /users/{id}/factor/reset",
		"POST /users/{id}/signins/end",
		"POST /users/{id}/signins/{one}/end",
	},
	"a browser looks elsewhere; a token is of one organisation": {
		"POST /demo/enter",
		"POST /demo/leave",
	},
	"signing in and out is done with a browser": {
		"GET /setup/{token}",
		"GET /signin",
		"POST /lang",
		"POST /setup/{token}",
		"POST /signin",
		"POST /signout",
	},
	"the phone shows what other pages show": {
		"GET /m",
		"GET /m/duty",
		"GET /m/in/{token}",
		"GET /m/paste",
		"GET /m/paste/{id}",
		"GET /m/paste/{id}/{run}",
		"GET /m/review",
		"POST /m/in/{token}",
		"POST /m/out",
		"POST /m/paste/{id}",
		"POST /m/paste/{id}/{run}/{step}",
	},
}

// notYet are routes of the console that have no operation yet.
var notYet = []string{}

// consoleRoutes are all patterns of the console's tables, read from its source, and those of its golden list: a route is in
// one of them even where a test's console lacks the part that it belongs to.
func consoleRoutes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../console/*.go")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files of the console, %v", len(files), err)
	}
	seen := map[string]bool{}
	pattern := regexp.MustCompile(`pattern: "((?:GET|POST|PUT|PATCH|DELETE) /[^"]*)"`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range pattern.FindAllStringSubmatch(string(read(t, name)), -1) {
			seen[m[1]] = true
		}
	}
	golden := regexp.MustCompile(`(?m)^((?:GET|POST|PUT|PATCH|DELETE) /\S*)`)
	for _, m := range golden.FindAllStringSubmatch(string(read(t, "../console/testdata/routes.txt")), -1) {
		seen[m[1]] = true
	}
	var out []string
	for route := range seen {
		out = append(out, route)
	}
	slices.Sort(out)
	return out
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestEveryPageIsAnOperationOrOnAList walks the console's routes: each is covered by an operation, or stands on one of the lists
// above, and on one only.
func TestEveryPageIsAnOperationOrOnAList(t *testing.T) {
	routes, covered := consoleRoutes(t), made(t).Covered()
	listed := map[string]int{}
	for _, route := range notYet {
		listed[route]++
	}
	browser := 0
	for _, list := range browserOnly {
		for _, route := range list {
			listed[route]++
			browser++
		}
	}
	for _, route := range routes {
		switch n := listed[route]; {
		case covered[route] == nil && n == 0:
			t.Errorf("%s has no operation: add one, or put it on the list notYet", route)
		case covered[route] != nil && n > 0:
			t.Errorf("%s is covered by %v: take it off the list", route, covered[route])
		case n > 1:
			t.Errorf("%s is listed %d times", route, n)
		}
	}
	for route := range listed {
		if !slices.Contains(routes, route) {
			t.Errorf("%s is listed, and is no route of the console", route)
		}
	}
	for route, names := range covered {
		if !slices.Contains(routes, route) {
			t.Errorf("%v stand for %s, which is no route of the console: nobody may use them", names, route)
		}
	}
	reading, writing := made(t).Operations()
	t.Logf("%d routes of the console: %d covered by %d operations (%d reading, %d writing), %d not yet, %d for browsers only", len(routes), len(covered), reading+writing, reading, writing, len(notYet), browser)
}
