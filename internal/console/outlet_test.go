package console

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// fakeOutlets keeps outlets in memory.
type fakeOutlets struct {
	list    []community.Outlet
	parcels []community.Parcel
	did     []string
	down    bool
}

const fakeHookSecret = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoyMzQ1Njc="

func (f *fakeOutlets) List(context.Context) ([]community.Outlet, error) { return f.list, nil }

func (f *fakeOutlets) Get(_ context.Context, id community.ID) (community.Outlet, error) {
	for _, o := range f.list {
		if o.ID == id {
			return o, nil
		}
	}
	return community.Outlet{}, community.Errorf(community.CodeNotFound, "outlet %s: not found", id)
}

func (f *fakeOutlets) Add(_ context.Context, by string, o community.Outlet, address, _ string) (community.Outlet, string, error) {
	switch {
	case o.Name == "":
		return o, "", community.Errorf(community.CodeBadInput, "name: want 1 to 40 characters")
	case !strings.HasPrefix(address, "https://"):
		return o, "", community.Errorf(community.CodeBadInput, "url: want https")
	case len(o.Kinds) == 0:
		return o, "", community.Errorf(community.CodeBadInput, "kinds: none")
	case o.User.String() != by:
		return o, "", community.Errorf(community.CodeForbidden, "not one's own")
	}
	o.ID = fakeID(961)
	f.list = append(f.list, o)
	f.did = append(f.did, fmt.Sprint("add ", address, " ", o.Kinds, " ", len(o.Groups), " ", o.Texts))
	return o, fakeHookSecret, nil
}

func (f *fakeOutlets) Set(_ context.Context, _ string, o community.Outlet, address, _ string) (community.Outlet, error) {
	f.did = append(f.did, fmt.Sprint("set ", o.Name, " ", address, " ", o.Kinds))
	return o, nil
}

func (f *fakeOutlets) Pause(_ context.Context, _ string, id community.ID, on bool, reason string) (community.Outlet, error) {
	f.did = append(f.did, fmt.Sprint("pause ", on, " ", reason))
	return f.Get(context.Background(), id)
}

func (f *fakeOutlets) Rotate(_ context.Context, _ string, id community.ID, reason string) (community.Outlet, string, error) {
	f.did = append(f.did, "rotate "+reason)
	o, err := f.Get(context.Background(), id)
	return o, fakeHookSecret, err
}

func (f *fakeOutlets) Drop(_ context.Context, _ string, _ community.ID, reason string) error {
	f.did = append(f.did, "drop "+reason)
	return nil
}

func (f *fakeOutlets) Test(context.Context, string, community.ID) (community.Parcel, error) {
	if f.down {
		return community.Parcel{State: community.ParcelDead, Code: community.CodeForbidden}, nil
	}
	return community.Parcel{State: community.ParcelSent, Status: 204, Took: 12}, nil
}

func (f *fakeOutlets) Parcels(_ context.Context, _ community.ID, state community.ParcelState, _ community.Page) (out []community.Parcel, n int, err error) {
	for _, p := range f.parcels {
		if state == "" || p.State == state {
			out = append(out, p)
		}
	}
	return out, len(out), nil
}

func (f *fakeOutlets) Again(_ context.Context, _ string, _, parcel community.ID, _ string) error {
	f.did = append(f.did, "again "+parcel.String())
	return nil
}

func withOutlets(h *house, f *fakeOutlets) Deps {
	d := h.fullDeps()
	d.Outlets = func(community.OrgKey) Outlets { return f }
	return d
}

func someOutlets() *fakeOutlets {
	at := fakeNow.UnixMilli()
	f := &fakeOutlets{list: []community.Outlet{
		{Key: 1, ID: fakeID(950), Name: "工单系统", Host: "desk.example.org", Login: "linxiao", Kinds: community.OutletKinds, Good: at - 60_000, Waiting: 0, Created: at - 1000},
		{Key: 2, ID: fakeID(951), Name: "\u202e<script>alert(1)</script>", Host: "a-very-long-name-of-a-host-that-goes-on-and-on.example.org", Login: "linxiao", Kinds: community.OutletKinds[:2], Groups: []community.GroupKey{1}, Texts: true, Fails: 3, BadCode: community.CodeUnreachable, Waiting: 4, Dead: 1},
		{Key: 3, ID: fakeID(952), Name: "停了的", Host: "old.example.org", Login: "linxiao", Kinds: community.OutletKinds[3:4], Paused: true},
	}}
	f.parcels = []community.Parcel{
		{ID: fakeID(970), Kind: community.OutFlagged, State: community.ParcelSent, Attempts: 1, Status: 204, At: at - 1000, Tried: at - 900},
		{ID: fakeID(971), Kind: community.OutAlarm, State: community.ParcelWaiting, Attempts: 2, Status: 503, Code: community.CodeUnreachable, At: at - 5000, Tried: at - 900},
		{ID: fakeID(972), Kind: community.OutTask, State: community.ParcelDead, Attempts: 8, Code: community.CodeForbidden, At: at - 500_000, Tried: at - 9000},
	}
	return f
}

func TestOutletIsMadeAndItsKeyShownOnce(t *testing.T) {
	f := someOutlets()
	v := openWith(t, withOutlets(newHouse(), f)).as("owner")
	_, page := v.get("/outlets")
	for _, want := range []string{"工单系统", "desk.example.org", "送不到", "已暂停", "/outlets/new"} {
		if !strings.Contains(page, want) {
			t.Errorf("the list does not say %q", want)
		}
	}
	if status, body := v.post("/outlets/new", "name", "", "url", "http://x", "kind", "alarm.opened"); status != 422 || !strings.Contains(body, "1 到 40 个字") {
		t.Errorf("without a name = %d", status)
	}
	if status, body := v.post("/outlets/new", "name", "新的", "url", "http://x", "kind", "alarm.opened"); status != 422 || !strings.Contains(body, "https 开头") || !strings.Contains(body, `value="http://x"`) {
		t.Errorf("over plain http = %d, want it said and what was typed kept", status)
	}
	status, body := v.post("/outlets/new", "name", "新的", "url", "https://x.example/in?k=1", "kind", "alarm.opened", "kind", "task.opened", "texts", "1")
	if status != 200 || !strings.Contains(body, fakeHookSecret) || !strings.Contains(body, "client.VerifyHook") {
		t.Errorf("made = %d, want its key shown", status)
	}
	if got := f.did[len(f.did)-1]; got != "add https://x.example/in?k=1 [alarm.opened task.opened] 0 true" {
		t.Errorf("did %s", got)
	}
	for _, path := range []string{"/outlets", "/outlets/" + fakeID(961).String(), "/outlets/" + fakeID(961).String() + "/edit"} {
		if status, body := v.get(path); status != 200 || strings.Contains(body, fakeHookSecret) {
			t.Errorf("%s = %d, want the key shown no more", path, status)
		}
	}
}

func TestOutletIsTestedHeldAndSentAgain(t *testing.T) {
	f := someOutlets()
	v := openWith(t, withOutlets(newHouse(), f)).as("owner")
	at := "/outlets/" + fakeID(950).String()
	_, page := v.get(at)
	for _, want := range []string{"消息命中群规", "对方没有回答 503", "地址不允许", at + "/parcels/" + fakeID(972).String() + "/again"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, fakeID(971).String()+"/again") {
		t.Error("what waits is offered to be sent again")
	}
	if _, page = v.get(at + "?state=dead"); strings.Contains(page, "消息命中群规</") && strings.Contains(page, fakeID(970).String()) {
		t.Error("what arrived is among what did not")
	}
	v.post(at+"/pause", "on", "1", "reason", "维护")
	v.post(at + "/pause")
	v.post(at + "/parcels/" + fakeID(972).String() + "/again")
	v.post(at+"/delete", "reason", "不用")
	v.post(at, "name", "改名", "kind", "alarm.opened")
	want := []string{"pause true 维护", "pause false ", "again " + fakeID(972).String(), "drop 不用", "set 改名  [alarm.opened]"}
	if got := strings.Join(f.did, "; "); got != strings.Join(want, "; ") {
		t.Errorf("did %s, want %s", got, strings.Join(want, "; "))
	}
	if _, body := v.post(at + "/rotate"); !strings.Contains(body, fakeHookSecret) {
		t.Error("the new key is not shown")
	}
	mod := openWith(t, withOutlets(newHouse(), someOutlets())).as("mod")
	for _, path := range []string{"/outlets", "/outlets/new", at} {
		if status, _ := mod.get(path); status != 403 {
			t.Errorf("%s for a moderator = %d, want 403", path, status)
		}
	}
}

func TestOutletPagesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.users[0].Lang = lang
		v := openWith(t, withOutlets(h, someOutlets()))
		at := "/outlets/" + fakeID(951).String()
		soundTo(t, v.base, lang, map[string]string{"outlets": "/outlets", "outlets-new": "/outlets/new", "outlets-one": at, "outlets-edit": at + "/edit"})
		if lang == "en" {
			empty := openWith(t, withOutlets(newHouse(), &fakeOutlets{}))
			soundTo(t, empty.base, "zh-CN", map[string]string{"outlets-none": "/outlets"})
		}
	}
}
