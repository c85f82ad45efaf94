package api

import (
	"bytes"
	"context"
	"flag"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

var update = flag.Bool("update", false, "write the OpenAPI document anew")

func made(t *testing.T) *API {
	t.Helper()
	return New(Deps{Version: "1"})
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

// TestAnswersWithNamesOrWordsTakeTheRightToThem: who sees figures alone is given no names through a token.
func TestAnswersWithNamesOrWordsTakeTheRightToThem(t *testing.T) {
	want := map[string]string{"listMembers": byName, "listMessages": byName + inWords, "listDecisions": byName + inWords, "undoDecision": byName + inWords, "listPoints": byName, "getVote": byName + inWords,
		"getActivity": "", "listGroups": "", "getGoal": "", "whoAmI": ""}
	for _, l := range operations() {
		if w, asked := want[l.name]; asked {
			if got := strings.Join(l.besides, ""); got != w {
				t.Errorf("%s takes besides %q, want %q", l.name, got, w)
			}
			delete(want, l.name)
		}
	}
	if len(want) > 0 {
		t.Errorf("no operations %v", want)
	}
}

// TestRoleWithoutNamesIsRefusedNames asks as somebody whose role is shown no members.
func TestRoleWithoutNamesIsRefusedNames(t *testing.T) {
	a := made(t)
	a.deps.Tokens = oneToken{}
	a.deps.May = func(_ community.User, route string) bool { return route != byName }
	a.deps.Sees = func(context.Context, community.User) ([]community.GroupKey, error) { return nil, nil }
	a.deps.For = func(community.OrgKey, []community.GroupKey) Desk { return nil }
	a.deps.HandsFor = func(community.OrgKey, []community.GroupKey) Hands { return nil }
	for path, want := range map[string]int{"/me": 200, "/members": 403, "/decisions": 403, "/groups/" + strings.Repeat("0", 22) + "/points": 403} {
		r := httptest.NewRequest("GET", Base+path, nil)
		r.Header.Set("Authorization", "Bearer qlk_X")
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s = %d %s, want %d", path, w.Code, w.Body, want)
		}
	}
}

// oneToken knows one token, whatever it is called.
type oneToken struct{ Tokens }

func (oneToken) TokenByHash(context.Context, string) (community.Token, error) {
	return community.Token{Key: 1, Org: 1, Expires: 1 << 60, LastUsed: 1 << 60, Scopes: []community.TokenScope{{Area: community.AreaAll, Level: community.LevelAdmin}}}, nil
}

func (oneToken) UserByID(context.Context, community.ID) (community.User, error) {
	return community.User{Key: 1, Org: 1, Role: "analyst", Enabled: true}, nil
}

// TestNothingIsHiddenFromTheDescription: what is embedded without being exported is read and answered, and stands in no schema.
func TestNothingIsHiddenFromTheDescription(t *testing.T) {
	var look func(name string, t reflect.Type, seen map[reflect.Type]bool)
	look = func(name string, of reflect.Type, seen map[reflect.Type]bool) {
		for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer || of.Kind() == reflect.Array {
			of = of.Elem()
		}
		if of.Kind() != reflect.Struct || seen[of] {
			return
		}
		seen[of] = true
		for i := range of.NumField() {
			f := of.Field(i)
			if f.Anonymous && !f.IsExported() && !strings.HasPrefix(of.PkgPath(), "time") {
				t.Errorf("%s: %s is embedded in %s", name, f.Name, of)
			}
			look(name, f.Type, seen)
		}
	}
	for _, l := range operations() {
		look(l.name, l.out, map[reflect.Type]bool{})
		if f, ok := l.in.FieldByName("Body"); ok {
			look(l.name, f.Type, map[reflect.Type]bool{})
		}
	}
}
