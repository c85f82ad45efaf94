package duty_test

import (
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

func TestTheRollSaysWhoArrivedAndHow(t *testing.T) {
	was := []duty.Soul{{Member: 1, Name: "安娜"}, {Member: 2, Name: "老陈", Person: 9}, {Member: 3, Name: "林晓"}, {Member: 4, Name: "小王"}, {Member: 5, Name: "小王"}, {Member: 6, Name: "没来"}}
	now := []duty.Soul{{Member: 1, Name: "安娜"}, {Member: 12, Name: "Chen", Person: 9}, {Member: 13, Name: "林晓"}, {Member: 14, Name: "小王"}, {Member: 15, Name: "新人"}}
	r := duty.CallRoll(was, now)
	if r.Expected != 6 || r.Here != 3 || r.ByName != 1 || r.New != 2 {
		t.Errorf("roll = %+v, want 3 of 6, one by name, two new", r)
	}
	how := ""
	for _, p := range r.People {
		how += p.How + ","
	}
	if how != "account,person,name,,,," {
		t.Errorf("how = %s, want nobody counted by a name that two bear", how)
	}
	if r := duty.CallRoll(nil, nil); r.Expected+r.Here+r.New != 0 {
		t.Errorf("two empty lists = %+v", r)
	}
}

func TestNobodyIsFoundTwiceOnTheRoll(t *testing.T) {
	r := duty.CallRoll([]duty.Soul{{Member: 1, Name: "安娜"}, {Member: 2, Name: "Anna", Person: 7}}, []duty.Soul{{Member: 3, Name: "安娜", Person: 7}})
	if r.Here != 1 || r.People[1].How != duty.ByPerson || r.People[0].How != "" {
		t.Errorf("roll = %+v, want the person only", r)
	}
}

func TestAStandbyLeadsSomewhere(t *testing.T) {
	for name, s := range map[string]duty.Standby{"to itself": {Group: 1, To: 1}, "nowhere": {Group: 1, Invite: " "}} {
		if err := s.Check(); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%s: %v, want bad input", name, err)
		}
	}
	if err := (duty.Standby{Group: 1, To: 2, Invite: strings.Repeat("长", duty.MaxInvite+1)}).Check(); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("a long invitation: %v, want too large", err)
	}
	if err := (duty.Standby{Group: 1, Invite: "来新群"}).Check(); err != nil {
		t.Errorf("only an invitation: %v", err)
	}
}
