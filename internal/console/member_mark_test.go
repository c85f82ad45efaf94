package console

import (
	"strings"
	"testing"

	"qunluo/internal/community"
)

func TestMemberPageSaysAndChangesWhatSomebodyIs(t *testing.T) {
	h := furnished()
	path := "/members/" + h.members[3].ID.String()
	_, body := open(t, h).as("owner").get(path)
	for _, want := range []string{"标为机器人", "标为工作人员", `action="` + path + `/mark"`, "过去的日子也一样"} {
		if !strings.Contains(body, want) {
			t.Errorf("an owner is not offered %q", want)
		}
	}
	if strings.Contains(body, "标为普通成员") {
		t.Error("an unmarked member can be marked as what they are")
	}
	h.members[3].Mark = community.RoleStaff
	_, body = open(t, h).as("owner").get(path)
	if !strings.Contains(body, "工作人员（我们标的）") || !strings.Contains(body, "标为普通成员") || strings.Contains(body, "标为工作人员") {
		t.Error("the page of a marked member does not say the mark, or offers it again")
	}
	_, body = open(t, h).as("mod").get(path)
	if !strings.Contains(body, "工作人员（我们标的）") || strings.Contains(body, "/mark") {
		t.Error("a moderator sees no mark, or may change it")
	}
	if status, _ := open(t, h).as("mod").post(path+"/mark", "mark", "bot", "reason", "x"); status != 403 || len(h.did) != 0 {
		t.Errorf("a moderator marks: status %d, did %v", status, h.did)
	}
}
