package console

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// fakeVeil calls members by their number.
type fakeVeil struct{ h *house }

func (v fakeVeil) Pseudonym(_ community.OrgKey, m community.MemberKey) string {
	return fmt.Sprintf("PSEUDO%02d", m)
}
func (v fakeVeil) Opened(context.Context, community.User) (map[community.MemberKey]bool, error) {
	return map[community.MemberKey]bool{2: true}, nil
}
func (v fakeVeil) Saw(context.Context, community.User, community.MemberKey) error { return nil }
func (v fakeVeil) Ask(_ context.Context, u community.User, m community.ID, reason string) (community.Reveal, error) {
	if reason == "" {
		return community.Reveal{}, community.Errorf(community.CodeBadInput, "reason")
	}
	return community.Reveal{MemberID: m, AskedBy: u.ID.String()}, nil
}
func (v fakeVeil) Answer(_ context.Context, by string, _ community.OrgKey, _ community.ID, _ bool, _ string) error {
	if by == fakeID(2).String() {
		return community.Errorf(community.CodeForbidden, "oneself")
	}
	return nil
}
func (v fakeVeil) Wishes(context.Context, community.OrgKey) (out []community.Reveal, _ error) {
	at := v.h.now.UnixMilli()
	for i, state := range []string{community.RevealAsked, community.RevealAgreed, community.RevealRefused, community.RevealAgreed} {
		out = append(out, community.Reveal{ID: fakeID(960 + i), Org: 1, Member: community.MemberKey(i + 1), MemberID: fakeID(40 + i), AskedBy: fakeID(2).String(), Reason: "核对申诉 <b>", At: at - 60_000, State: state, Until: at - int64(i-1)*3600_000, Seen: int64(i)})
	}
	return out, nil
}

// TestVeilKnowsEveryReadingOfTheDesk: whoever adds a reading decides whether it names members.
func TestVeilKnowsEveryReadingOfTheDesk(t *testing.T) {
	nameless := []string{"FindGroups", "GroupByID", "FindBooks", "BookVersion", "RuleHits", "Accounts", "AccountByID", "Tags", "Frozen", "FindImports", "ImportByID",
		"FindAudit", // of those who sign in; members by id alone
		// No route that opens under the veil reads these.
		"FindDecisions", "DecisionByID", "FindActions", "FindTasks", "TaskByID", "FindJoins"}
	desk, veil := reflect.TypeFor[Desk](), reflect.TypeFor[veiledDesk]()
	for i := range desk.NumMethod() {
		name := desk.Method(i).Name
		if slices.Contains(nameless, name) {
			continue
		}
		m, ok := veil.MethodByName(name)
		if !ok {
			t.Errorf("%s: the desk under the veil has none", name)
			continue
		}
		if m.Func.Pointer() == 0 {
			t.Errorf("%s: no code", name)
		}
		if !ownMethod(name) {
			t.Errorf("%s is read past the veil: lay it over it, or say that it names nobody", name)
		}
	}
}

// ownMethod reports whether veiledDesk has a method of its own, and not the one of the desk below: with no desk below it does not fail.
func ownMethod(name string) (own bool) {
	defer func() {
		if recover() != nil {
			own = slices.Contains([]string{"FindMembers", "AllMembers", "MemberByID", "MembersByKey", "Memberships", "Invited", "FindMuted", "FindStrikes", "Stays"}, name)
		}
	}()
	m := reflect.ValueOf(veiledDesk{}).MethodByName(name)
	var in []reflect.Value
	for i := range m.Type().NumIn() {
		in = append(in, reflect.Zero(m.Type().In(i)))
	}
	m.Call(in)
	return true
}

func TestPagesUnderTheVeil(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h := newHouse()
		h.with("aud", "auditor", "")
		h.is("aud").Lang = lang
		v := open(t, h).as("aud")
		for _, path := range []string{"/members", "/members/" + fakeID(40).String(), "/members/" + fakeID(41).String(), "/strikes", "/strikes?view=mutes", "/unveil"} {
			status, body := v.get(path)
			if got := unsaid.FindAllString(body, 5); status != 200 || got != nil {
				t.Errorf("%s in %s = %d, unsaid %v", path, lang, status, got)
			}
			for _, m := range h.members {
				if m.Key != 2 && (contains(body, m.Name) || contains(body, m.External)) {
					t.Errorf("%s in %s tells who %s is", path, lang, m.Name)
				}
			}
		}
		if status, _ := v.post("/members/"+fakeID(40).String()+"/unveil", "reason", "核对一次申诉"); status != 200 {
			t.Errorf("asked = %d", status)
		}
		if status, _ := v.post("/unveil/"+fakeID(960).String()+"/answer", "agree", "1"); status != 403 {
			t.Errorf("an auditor answers: %d", status)
		}
	}
}

func contains(body, text string) bool { return text != "" && strings.Contains(body, text) }

// TestMemberWhoLooksLikeWhoRunsTheGroupIsMarked: in the list and on their own page.
func TestMemberWhoLooksLikeWhoRunsTheGroupIsMarked(t *testing.T) {
	h := newHouse()
	h.members[6].Name, h.members[6].Card = "老\u200b周", "老\u200b周" // the owner is 老周
	v := open(t, h).as("owner")
	if _, body := v.get("/members?g=" + h.groups[0].ID.String()); strings.Count(body, "（管理者）的名字一样") != 1 {
		t.Errorf("marked %d times, want one", strings.Count(body, "（管理者）的名字一样"))
	}
	if _, body := v.get("/members/" + h.members[6].ID.String()); !strings.Contains(body, "和“老周”（管理者）的名字一样") {
		t.Error("their own page does not say so")
	}
	if _, body := v.get("/members/" + h.members[0].ID.String()); strings.Contains(body, "（管理者）的名字一样") {
		t.Error("whoever runs the group is marked")
	}
}
