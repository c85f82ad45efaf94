package console

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// fakeHooks keeps hooks in memory.
type fakeHooks struct {
	list []community.Bot
	did  []string
}

const fakeSigning = "qls_ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func (f *fakeHooks) Hooks(context.Context) ([]community.Bot, error) { return f.list, nil }

func (f *fakeHooks) AddHook(_ context.Context, _ string, b community.Bot, signed bool, _ string) (community.Bot, string, error) {
	switch {
	case b.Name == "商城":
		return b, "", community.Errorf(community.CodeConflict, "bot is there already")
	case len(b.Scopes) == 0:
		return b, "", community.Errorf(community.CodeBadInput, "scopes: none")
	}
	b.ID, b.Enabled = fakeID(911), true
	if signed {
		b.Secret = fakeSigning
	}
	f.list = append(f.list, b)
	return b, fakeToken, nil
}

func (f *fakeHooks) RotateHook(_ context.Context, _ string, id community.ID, reason string) (community.Bot, string, error) {
	f.did = append(f.did, "rotate "+id.String()+" "+reason)
	return f.list[0], fakeToken, nil
}

func (f *fakeHooks) DeleteHook(_ context.Context, _ string, id community.ID, reason string) error {
	f.did = append(f.did, "delete "+id.String()+" "+reason)
	return nil
}

func (f *fakeHooks) TryHook(_ context.Context, _ community.ID, p community.Post, send bool) (community.Posted, error) {
	f.did = append(f.did, fmt.Sprint("try ", p.Text, send))
	if p.Kind == community.HookAlarm {
		return community.Posted{}, community.Errorf(community.CodeForbidden, "no scope")
	}
	return community.Posted{Kind: p.Kind, Group: "产品交流群", Level: community.Human}, nil
}

func (f *fakeHooks) HookAddress() string { return "https://qunluo.example/hook" }

func withHooks(h *house, f *fakeHooks) Deps {
	d := withBots(h, someBots())
	d.HooksFor = func(community.OrgKey, []community.GroupKey) Hooks { return f }
	return d
}

func someHooks() *fakeHooks {
	at := fakeNow.UnixMilli()
	return &fakeHooks{list: []community.Bot{
		{Key: 4, ID: fakeID(910), Org: 1, Name: "商城", Mode: community.BotHook, Scopes: community.HookScopes, Secret: fakeSigning, Enabled: true, Created: at, LastUsed: at - 120_000},
		{Key: 5, ID: fakeID(912), Org: 1, Name: "\u202e<script>alert(1)</script>", Mode: community.BotHook, Scopes: []community.BotScope{community.BotSend}, Groups: []community.GroupKey{1, 2}, Enabled: true, Created: at},
	}}
}

func TestHookIsMadeAndItsSecretsShownOnce(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h, f := newHouse(), someHooks()
		h.users[0].Lang = lang
		v := openWith(t, withHooks(h, f)).as("owner")
		for _, path := range []string{"/bots", "/hooks", "/hooks/new", "/hooks/" + fakeID(910).String() + "/try"} {
			status, body := v.get(path)
			if got := unsaid.FindAllString(body, 5); status != 200 || got != nil || strings.Contains(body, "<script>alert") || strings.Contains(body, fakeSigning) {
				t.Errorf("%s in %s = %d, unsaid %v", path, lang, status, got)
			}
		}
		status, body := v.post("/hooks/new", "name", "监控", "scope_alarm", "1", "group_"+fakeID(21).String(), "1", "signed", "1")
		if status != 200 || !strings.Contains(body, "https://qunluo.example/hook/"+fakeToken) || !strings.Contains(body, fakeSigning) || unsaid.MatchString(body) {
			t.Errorf("making one = %d, want token, key and address", status)
		}
		if made := f.list[len(f.list)-1]; fmt.Sprint(made.Scopes) != "[alarm]" || fmt.Sprint(made.Groups) != "[2]" {
			t.Errorf("made %+v", made)
		}
		if _, body := v.get("/hooks"); strings.Contains(body, fakeToken) || strings.Contains(body, fakeSigning) {
			t.Error("the list shows secrets")
		}
	}
}

func TestHookFormsSayWhatIsWrongAndWhatWouldCome(t *testing.T) {
	h, f := newHouse(), someHooks()
	v := openWith(t, withHooks(h, f)).as("owner")
	for want, fields := range map[string][]string{"已有同名": {"name", "商城", "scope_send", "1"}, "至少选一件": {"name", "新的"}} {
		if status, body := v.post("/hooks/new", fields...); status != 422 || !strings.Contains(body, want) {
			t.Errorf("%v = %d, want 422 with %q", fields, status, want)
		}
	}
	try := "/hooks/" + fakeID(910).String() + "/try"
	if status, body := v.post(try, "kind", "message", "group", "x", "text", "试"); status != 200 || !strings.Contains(body, "可以做：消息、产品交流群、变成待办由人完成") {
		t.Errorf("trying = %d, %.300s", status, body)
	}
	if status, body := v.post(try, "kind", "alarm", "text", "试", "send", "1"); status != 200 || !strings.Contains(body, "令牌不对，或不允许这样做") {
		t.Errorf("beyond its scopes = %d", status)
	}
	id := fakeID(910).String()
	if status, body := v.post("/hooks/"+id+"/rotate", "reason", "泄露"); status != 200 || !strings.Contains(body, fakeToken) {
		t.Errorf("rotate = %d", status)
	}
	if status, _ := v.post("/hooks/"+id+"/revoke", "reason", "不用"); status != 303 && status != 200 {
		t.Errorf("revoke = %d", status)
	}
	if got := strings.Join(f.did, "; "); got != "try 试false; try 试true; rotate "+id+" 泄露; delete "+id+" 不用" {
		t.Errorf("did %s", got)
	}
	mod := openWith(t, withHooks(newHouse(), someHooks())).as("mod")
	for _, path := range []string{"/hooks", "/hooks/new", try} {
		if status, _ := mod.get(path); status != 403 {
			t.Errorf("%s for a moderator = %d, want 403", path, status)
		}
	}
}

func TestHookPagesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.users[0].Lang = lang
		v := openWith(t, withHooks(h, someHooks()))
		soundTo(t, v.base, lang, map[string]string{"hooks": "/hooks", "hooks-new": "/hooks/new", "hooks-try": "/hooks/" + fakeID(910).String() + "/try"})
	}
}
