package admit

import (
	"testing"

	"qunluo/internal/community"
)

func TestAddressOfALostGroupLeadsToItsStandby(t *testing.T) {
	c := Code{Entries: []Entry{{Group: 1, Link: "https://a.example/1", ID: community.ID{1}}, {Group: 2, Link: "https://a.example/2", ID: community.ID{2}}}}
	aways := Aways{1: {To: "备用群"}}
	if away, ok := Leads(c, Pick(c, nil, 0), aways); !ok || away.To != "备用群" {
		t.Errorf("leads to %+v %v, want the standby", away, ok)
	}
	full := Sizes{1: {Members: 500, Limit: 500}}
	if _, ok := Leads(c, Pick(c, full, 0), aways); ok {
		t.Error("group 2 is well and shown, and the address leads elsewhere")
	}
	bare := Code{Entries: []Entry{{Group: 1}}}
	if _, ok := Leads(bare, Pick(bare, nil, 0), aways); !ok {
		t.Error("nothing can be shown of the lost group, and the address does not lead to its standby")
	}
	bare.Entries[0].Removed = 1
	if _, ok := Leads(bare, Pick(bare, nil, 0), aways); ok {
		t.Error("an entry that was taken out leads on")
	}
}

func TestLinkIsFoundInAnInvitation(t *testing.T) {
	for text, want := range map[string]string{
		"来 QQ 群 12345 继续": "", "请到https://qm.qq.com/q/abc?x=1，等你": "https://qm.qq.com/q/abc?x=1", "Go to (http://t.example/+a).": "http://t.example/+a",
		"javascript:alert(1) https:///x": "", "一 https://a.example/1 二 https://b.example": "https://a.example/1", "": "",
	} {
		if got := LinkIn(text); got != want {
			t.Errorf("link in %q = %q, want %q", text, got, want)
		}
	}
}
