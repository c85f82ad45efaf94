package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/config"
	"qunluo/internal/connect/sim"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// family is a main group with sub groups in a world that the test holds.
type family struct {
	t     *testing.T
	app   *app.App
	org   community.OrgKey
	world *sim.World
	desk  *store.Desk
	keys  map[string]community.GroupKey
	dir   string
}

func startFamily(t *testing.T, dbURL string, subs int) *family {
	f := &family{t: t, keys: map[string]community.GroupKey{}}
	scene := sim.Scene{Name: "family", Open: func(clock func() int64) (*sim.World, sim.Script) {
		if f.world == nil {
			f.world = sim.NewWorld(clock)
			for _, id := range f.names(subs) {
				f.world.AddGroup(id, "读书"+id, sim.Member{Who: community.Who{ID: "10000", Name: "小助手", Role: community.RoleAdmin}},
					sim.Member{Who: community.Who{ID: "lin", Name: "林晓", Role: community.RoleOwner}}, sim.Member{Who: community.Who{ID: "wu", Name: "老吴"}})
			}
		}
		return f.world, nil
	}}
	f.dir = t.TempDir()
	cfg := config.Config{DataDir: f.dir, Database: config.Database{URL: dbURL}}
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Scenes: []sim.Scene{scene}})
	check(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended; check(t, a.Close()) })
	f.app = a
	f.org, err = a.Store().Org(t.Context(), "读书会", false)
	check(t, err)
	f.desk = a.Store().For(community.Scope{Org: f.org})
	_, err = a.Hands(f.org, nil).SaveAccount(t.Context(), "test", community.Account{Connector: "sim", Name: "小助手", Enabled: true, Settings: []byte(`{"scene":"family"}`)}, "")
	check(t, err)
	await(t, func() bool {
		rows, _, err := f.desk.FindGroups(t.Context(), community.GroupFilter{Page: community.Page{Limit: 200}})
		for _, g := range rows {
			f.keys[g.External] = g.Key
		}
		return err == nil && len(rows) == subs+1
	})
	return f
}

func (f *family) names(subs int) []string {
	list := []string{"main"}
	for i := range subs {
		list = append(list, fmt.Sprint("sub", i+1))
	}
	return list
}

// bookOf is a book with rules of the test's own; a nil ladder is the default one.
func bookOf(t *testing.T, mode community.Mode, ladder []policy.Rung, rules ...policy.Rule) json.RawMessage {
	t.Helper()
	book, err := policy.Default(policy.PresetGeneral)
	check(t, err)
	book.Version, book.Mode, book.Rules = 1, mode, rules
	if ladder != nil {
		book.Ladder = ladder
	}
	raw, err := json.Marshal(book)
	check(t, err)
	return raw
}

// mirrors publishes a live book that copies one group into others.
func (f *family) mirrors(from string, to ...string) error {
	var keys []community.GroupKey
	for _, name := range to {
		keys = append(keys, f.keys[name])
	}
	params, err := json.Marshal(map[string]any{"to": keys, "from": "all"})
	check(f.t, err)
	book := bookOf(f.t, community.Live, nil, policy.Rule{ID: "mirror", Name: "同步", Kind: "mirror", Mode: policy.RuleLive, Params: params})
	_, err = f.app.Hands(f.org, nil).Publish(plain(f.t.Context()), "lin", f.keys[from], book, "同步到子群")
	return err
}

// shown is what stands in a group of what our side sent there, recalled messages left out.
func (f *family) shown(group string) []string {
	var out []string
	for _, s := range f.world.Sent() {
		if s.Group == group && !s.Recalled {
			out = append(out, s.Text)
		}
	}
	return out
}

func (f *family) says(text string) string {
	f.t.Helper()
	done, err := f.world.Say("main", "lin", text)
	check(f.t, err)
	return done[0].Body.Message
}

func TestMirrorReachesEverySubGroupAndFollowsItsOriginal(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 3)
		check(t, f.mirrors("main", "sub1", "sub2", "sub3"))
		first := f.says("周三直播")
		f.says("带上书")
		subs := []string{"sub1", "sub2", "sub3"}
		everywhere := func(want ...string) func() bool {
			return func() bool {
				return !slices.ContainsFunc(subs, func(g string) bool {
					got := f.shown(g)
					slices.Sort(got)
					return !slices.Equal(got, want)
				})
			}
		}
		await(t, everywhere("【读书main】林晓：周三直播", "【读书main】林晓：带上书"))
		_, err := f.world.Edit("main", "lin", first, "周四直播")
		check(t, err)
		await(t, everywhere("【读书main】林晓：周四直播", "【读书main】林晓：带上书"))
		_, err = f.world.TakeBack("main", "lin", first)
		check(t, err)
		await(t, everywhere("【读书main】林晓：带上书"))
		f.eachTargetHasItsResult()
	})
}

// eachTargetHasItsResult: every copy is an action of its own, confirmed by what was then seen in its group.
func (f *family) eachTargetHasItsResult() {
	f.t.Helper()
	for _, g := range []string{"sub1", "sub2", "sub3"} {
		await(f.t, func() bool {
			rows, _, err := f.desk.FindActions(f.t.Context(), community.ActionFilter{Group: f.keys[g]})
			return err == nil && len(rows) == 5 && !slices.ContainsFunc(rows, func(a community.ActionRow) bool { return a.State != community.Confirmed })
		})
	}
	for g, key := range f.keys {
		rep, err := f.app.AsDecided(f.t.Context(), key)
		check(f.t, err)
		if rep.Different != 0 || g != "main" && rep.Decisions != 0 {
			f.t.Errorf("%s: %d decisions, %d different on replay; copies must not be decided upon", g, rep.Decisions, rep.Different)
		}
	}
}

func TestMirrorsThatWouldGoRoundAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 2)
		check(t, f.mirrors("main", "sub1"))
		check(t, f.mirrors("sub1", "sub2"))
		for _, tc := range []struct {
			from, to, says string
		}{
			{"sub1", "main", "would go round in a circle"}, {"sub2", "main", "would go round in a circle"}, {"main", "main", "may not copy into itself"},
			{"main", "nowhere", "there is no such group"},
		} {
			err := f.mirrors(tc.from, tc.to)
			if community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s into %s: %v, want bad_input that says %q", tc.from, tc.to, err, tc.says)
			}
		}
	})
}

// TestRuleThatNobodyCanCarryOutIsRefused: a plain WeChat group known from a file has nobody who could mute one member.
func TestRuleThatNobodyCanCarryOutIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		f := startFamily(t, dbURL, 1)
		wechat := f.group("wechat", "晨读群")
		book := func(act string) json.RawMessage {
			return bookOf(t, community.Observe, []policy.Rung{{Actions: []string{act}, MuteSeconds: 600}},
				policy.Rule{ID: "ads", Name: "广告", Kind: "keyword", Mode: policy.RuleDry, Params: json.RawMessage(`{"lists":[{"words":["代开发票"]}]}`)})
		}
		hands := f.app.Hands(f.org, nil)
		_, err := hands.Publish(plain(t.Context()), "lin", wechat, book("mute"), "试")
		if community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), "Instead: warn and count the strike") {
			t.Errorf("a mute in WeChat: %v, want bad_input that names what can be done instead", err)
		}
		for _, act := range []string{"remove", "warn"} {
			_, err = hands.Publish(plain(t.Context()), "lin", wechat, book(act), "试")
			check(t, err)
		}
		_, err = hands.Publish(plain(t.Context()), "lin", f.keys["sub1"], book("mute"), "试") // the simulator can
		check(t, err)
	})
}

// group makes a group that no connection serves, as an import does.
func (f *family) group(platform community.Platform, name string) community.GroupKey {
	f.t.Helper()
	tx, err := f.app.Store().BeginLog(f.t.Context())
	check(f.t, err)
	key, err := store.NewRegistry().Group(f.t.Context(), tx, store.Origin{Org: f.org, Platform: platform}, community.Ref{ID: name, Name: name})
	check(f.t, err)
	check(f.t, tx.Commit(f.t.Context()))
	return key
}
