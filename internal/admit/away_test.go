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

func TestSerialsAreCountedOn(t *testing.T) {
	for name, want := range map[string]int{"读书1": 1, "读书 12": 12, "读书": 0, "读书1群": 0, "读书-3": 0, "读书+3": 0, "读书0": 0, "别的1": 0, "读书99999999": 0} {
		if got, ok := Serial("读书", name); got != want && ok || ok != (want > 0) {
			t.Errorf("serial of %q = %d %v, want %d", name, got, ok, want)
		}
	}
	if _, ok := Serial("", "7"); ok {
		t.Error("without a prefix every number is a serial")
	}
	if got := NextSerial("读书", []string{"读书2", "读书 9", "读书10群", "读书3"}); got != 10 {
		t.Errorf("next serial = %d, want 10", got)
	}
}

func TestMadeCodeGoesOnWhenThePlatformOpensTheNextGroup(t *testing.T) {
	full := Sizes{1: {Members: 500, Limit: 500, Opens: true}}
	made := Code{Overflow: true, Entries: []Entry{{Group: 1, Picture: "x", Action: community.ID{1}}}}
	if now := Pick(made, full, 0); !now.Found {
		t.Errorf("the full group's code is passed over as %v, and the platform leads on behind it", now.Passed)
	}
	if w := Warnings(made, full, 0); w != nil {
		t.Errorf("warnings = %v, want none", w)
	}
	for name, c := range map[string]Code{"without overflow": {Entries: made.Entries}, "a picture by hand": {Overflow: true, Entries: []Entry{{Group: 1, Picture: "x"}}}} {
		if now := Pick(c, full, 0); now.Found {
			t.Errorf("%s: the full group's code is shown", name)
		}
	}
}
