package console

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

func TestChoresAreDoneWithTheirReasonAndSayWhatCameOfIt(t *testing.T) {
	h := newHouse()
	v := open(t, h).as("owner")
	path := "/connections/" + h.accounts[0].ID.String() + "/chores"
	if _, page := v.get(path); !strings.Contains(page, "企业标签") || !strings.Contains(page, path+"/hand.over") {
		t.Error("the list does not lead to the chores")
	}
	status, page := v.post(path + "/tag.list")
	if status != http.StatusOK || !strings.Contains(page, "共 1 个。") || !strings.Contains(page, "意向/高") {
		t.Errorf("tag.list = %d, want its sentence and its row", status)
	}
	status, page = v.post(path+"/hand.over", "from", "<b>zhang", "left", "1", "_reason", "离职")
	if status != http.StatusBadGateway || !strings.Contains(page, "平台拒绝") || !strings.Contains(page, "&lt;b&gt;zhang") {
		t.Errorf("a refused chore = %d, want the reason and what was entered, escaped", status)
	}
	if !slices.ContainsFunc(h.did, func(n string) bool {
		return strings.Contains(n, `hand.over {"from":"\u003cb\u003ezhang","left":"true"}: 离职`)
	}) {
		t.Errorf("notes = %q, want the hand-over with its reason", h.did)
	}
	if _, page := v.get("/connections/" + h.accounts[1].ID.String() + "/chores"); !strings.Contains(page, "没有更多操作") {
		t.Error("a connection without chores says nothing")
	}
	if status, _ := v.get(path + "/nobody.knows"); status != http.StatusNotFound {
		t.Errorf("an unknown chore = %d, want 404", status)
	}
}

// told is a connection's refusal with words of its own.
type told struct{ error }

func (told) Say() [2]string {
	return [2]string{"请把 203.0.113.7 加进可信 IP。", "Add 203.0.113.7 to the allow-list."}
}

func TestConnectionsOwnSentenceIsShown(t *testing.T) {
	h := newHouse()
	h.ill = connect.Health{State: "failed", Code: community.CodeForbidden, Detail: "errcode 60020", Say: told{}.Say()}
	_, page := open(t, h).as("owner").get("/connections/" + h.accounts[0].ID.String())
	if !strings.Contains(page, "请把 203.0.113.7 加进可信 IP。") || strings.Contains(page, "errcode 60020") {
		t.Error("the page shows the code instead of the sentence")
	}
	if got := connect.SayOf(community.Errorf(community.CodeForbidden, "x: %w", told{community.Errorf(community.CodeForbidden, "no")})); got[1] == "" {
		t.Error("a wrapped error lost its sentence")
	}
}

func TestMomentsShowLeadsAndSayWhatAPersonalOneCannot(t *testing.T) {
	h := furnished()
	_, page := open(t, h).as("owner").get("/moments")
	for _, want := range []string{"发客户朋友圈", "朋友圈线索", "老周", "个人朋友圈没有接口", "/shorts/new"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	quiet := furnished()
	quiet.quiet, quiet.accounts = true, nil
	if _, page := open(t, quiet).as("owner").get("/moments"); !strings.Contains(page, "还没有能发客户朋友圈的连接") || !strings.Contains(page, "还没有线索") {
		t.Error("without a connection the page does not say what is missing")
	}
}
