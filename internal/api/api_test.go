package api

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"testing"

	"qunluo/internal/community"
)

var update = flag.Bool("update", false, "write the OpenAPI document anew")

func made(t *testing.T) *API {
	t.Helper()
	a, err := New(Deps{Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestCommittedDescriptionIsFresh compares docs/openapi.json with what the server says of itself.
func TestCommittedDescriptionIsFresh(t *testing.T) {
	const path = "../../docs/openapi.json"
	now := append(made(t).Document(), '\n')
	if *update {
		if err := os.WriteFile(path, now, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, now) {
		t.Error("docs/openapi.json is not what the server says: go test ./internal/api -run Fresh -update")
	}
}

// TestOperationsAreNamedOnceAndHaveAnArea looks at the table itself.
func TestOperationsAreNamedOnceAndHaveAnArea(t *testing.T) {
	names, ways := map[string]bool{}, map[string]bool{}
	name := regexp.MustCompile(`^[a-z]+[A-Za-z]*$`)
	for _, l := range operations() {
		if names[l.name] || ways[l.way] || !name.MatchString(l.name) {
			t.Errorf("%s (%s): the name or the way is taken or odd", l.name, l.way)
		}
		names[l.name], ways[l.way] = true, true
		if l.title == "" || l.area != anyArea && !slices.Contains(community.TokenAreas[1:], l.area) {
			t.Errorf("%s: title %q, area %q", l.name, l.title, l.area)
		}
		if len(l.routes) == 0 && l.name != "whoAmI" {
			t.Errorf("%s: no route says who may do this", l.name)
		}
	}
}

func TestTokenHoldsLevelsBelowItsOwn(t *testing.T) {
	k := community.Token{Scopes: []community.TokenScope{{Area: community.AreaOrder, Level: community.LevelAct}, {Area: community.AreaAll, Level: community.LevelRead}}}
	for _, tc := range []struct {
		area  community.TokenArea
		level community.TokenLevel
		want  bool
	}{
		{community.AreaOrder, community.LevelRead, true}, {community.AreaOrder, community.LevelAct, true}, {community.AreaOrder, community.LevelAdmin, false},
		{community.AreaPeople, community.LevelRead, true}, {community.AreaPeople, community.LevelAct, false}, {anyArea, community.LevelRead, true}, {community.AreaOrder, "root", false},
	} {
		if got := k.May(tc.area, tc.level); got != tc.want {
			t.Errorf("may %s:%s = %v, want %v", tc.area, tc.level, got, tc.want)
		}
	}
}
