package console

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// fakeBots keeps attached bots in memory.
type fakeBots struct {
	list []community.Bot
	did  []string
}

const fakeToken = "qlk_ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func (f *fakeBots) Bots(context.Context) ([]community.Bot, error) { return f.list, nil }

func (f *fakeBots) AttachBot(_ context.Context, _ string, b community.Bot, _ string) (community.Bot, string, error) {
	switch {
	case b.Name == "签到":
		return b, "", community.Errorf(community.CodeConflict, "bot is there already")
	case len(b.Scopes) == 0:
		return b, "", community.Errorf(community.CodeBadInput, "scopes: none")
	case b.Mode == community.BotReverse && !strings.HasPrefix(b.URL, "ws"):
		return b, "", community.Errorf(community.CodeBadInput, "url: want ws://host/path")
	}
	b.ID, b.Key, b.Enabled = fakeID(901), 2, true
	f.list = append(f.list, b)
	return b, fakeToken, nil
}

func (f *fakeBots) RotateBot(_ context.Context, _ string, id community.ID, reason string) (community.Bot, string, error) {
	for _, b := range f.list {
		if b.ID == id {
			f.did = append(f.did, "rotate "+b.Name+" "+reason)
			return b, fakeToken, nil
		}
	}
	return community.Bot{}, "", community.Errorf(community.CodeNotFound, "no bot")
}

func (f *fakeBots) DeleteBot(_ context.Context, _ string, id community.ID, reason string) error {
	f.did = append(f.did, "delete "+id.String()+" "+reason)
	f.list = nil
	return nil
}

func (f *fakeBots) Addresses(community.Bot) (ws, http, satori string, self int64) {
	return "wss://qunluo.example/north/onebot/v11", "https://qunluo.example/north/onebot/v11", "https://qunluo.example/north/satori", 4_000_000_001
}

func (f *fakeBots) Here() map[int64]int { return map[int64]int{1: 2} }

func withBots(h *house, f *fakeBots) Deps {
	d := h.deps()
	d.BotsFor = func(community.OrgKey, []community.GroupKey) Bots { return f }
	return d
}

func someBots() *fakeBots {
	at := fakeNow.UnixMilli()
	return &fakeBots{list: []community.Bot{
		{Key: 1, ID: fakeID(900), Org: 1, Name: "签到", Scopes: []community.BotScope{community.BotRead, community.BotSend}, Enabled: true, Created: at, LastUsed: at - 120_000},
		{Key: 3, ID: fakeID(902), Org: 1, Name: "\u202e<script>alert(1)</script>", Scopes: community.BotScopes, Groups: []community.GroupKey{1, 2}, Enabled: true, Created: at},
	}}
}

func TestBotIsAttachedAndItsTokenShownOnce(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h, f := newHouse(), someBots()
		h.users[0].Lang = lang
		v := openWith(t, withBots(h, f)).as("owner")
		for _, path := range []string{"/connections", "/bots", "/bots/new"} {
			status, body := v.get(path)
			if got := unsaid.FindAllString(body, 5); status != 200 || got != nil || strings.Contains(body, "<script>alert") {
				t.Errorf("%s in %s = %d, unsaid %v", path, lang, status, got)
			}
		}
		status, body := v.post("/bots/new", "name", "小工具", "scope_read", "1", "scope_mute", "1", "group_"+fakeID(21).String(), "1", "mode", "")
		if status != 200 || !strings.Contains(body, fakeToken) || !strings.Contains(body, "wss://qunluo.example/north/onebot/v11") || !strings.Contains(body, "4000000001") {
			t.Errorf("attaching = %d, want the token and the addresses", status)
		}
		made := f.list[len(f.list)-1]
		if fmt.Sprint(made.Scopes) != "[read mute]" || fmt.Sprint(made.Groups) != "[2]" {
			t.Errorf("made %+v", made)
		}
		if _, body := v.get("/bots"); strings.Contains(body, fakeToken) {
			t.Error("the list shows the token")
		}
	}
}

func TestBotFormSaysWhatIsWrong(t *testing.T) {
	h, f := newHouse(), someBots()
	v := openWith(t, withBots(h, f)).as("owner")
	for want, fields := range map[string][]string{
		"已有同名":                          {"name", "签到", "scope_read", "1"},
		"至少选一项":                         {"name", "新的"},
		"要填机器人":                         {"name", "新的", "scope_read", "1", "mode", "reverse"},
		"ws://127.0.0.1:5140/onebot 这样": {"name", "新的", "scope_read", "1", "mode", "reverse", "url", "http://x/"},
	} {
		if status, body := v.post("/bots/new", fields...); status != 422 || !strings.Contains(body, want) || strings.Contains(body, fakeToken) {
			t.Errorf("%v = %d, want 422 with %q", fields, status, want)
		}
	}
}

func TestTokenIsChangedAndBotRemoved(t *testing.T) {
	h, f := newHouse(), someBots()
	v := openWith(t, withBots(h, f)).as("owner")
	id := fakeID(900).String()
	if status, body := v.post("/bots/"+id+"/rotate", "reason", "泄露了"); status != 200 || !strings.Contains(body, fakeToken) {
		t.Errorf("rotate = %d, want the new token", status)
	}
	if status, _ := v.post("/bots/"+id+"/revoke", "reason", "不用了"); status != 303 && status != 200 {
		t.Errorf("revoke = %d", status)
	}
	if got := strings.Join(f.did, "; "); got != "rotate 签到 泄露了; delete "+id+" 不用了" {
		t.Errorf("did %s", got)
	}
	mod := openWith(t, withBots(newHouse(), someBots())).as("mod")
	for _, path := range []string{"/bots", "/bots/new"} {
		if status, _ := mod.get(path); status != 403 {
			t.Errorf("%s for a moderator = %d, want 403", path, status)
		}
	}
}

func TestBotPagesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.users[0].Lang = lang
		v := openWith(t, withBots(h, someBots()))
		soundTo(t, v.base, lang, map[string]string{"bots": "/bots", "bots-new": "/bots/new", "bots-connections": "/connections"})
	}
}
