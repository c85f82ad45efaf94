package console

import (
	"strings"
	"testing"

	"qunluo/internal/community"
)

// TestWhatIsExclusiveIsNotOfferedToBePasted: a task about something that was stopped says what stopped it, offers to let it go and to refuse, not to say that it
// was done by hand; the library names what waits.
func TestWhatIsExclusiveIsNotOfferedToBePasted(t *testing.T) {
	h := furnished()
	h.tasks[0].Why, h.tasks[0].State, h.tasks[0].Text, h.tasks[0].Action.Hold = community.WhyExclusive, "open", "《白皮书》 https://q.example/library/x", ""
	id := h.tasks[0].ID.String()
	v := open(t, h).as("owner")
	_, page := v.get("/inbox")
	says(t, "the inbox", page, "不是给这个群的，所以没有发出去", "停下它的专属内容", "《白皮书》", "/inbox/"+id+"/release", "/inbox/"+id+"/refuse")
	if strings.Contains(page, "/inbox/"+id+"/done") {
		t.Error("the inbox offers to say that it was done by hand")
	}
	_, phone := v.get("/m")
	if strings.Contains(phone, "/m/tasks/"+id+"/done") || !strings.Contains(phone, "/m/tasks/"+id+"/release") {
		t.Error("the phone offers to say that it was done by hand, or does not offer to let it go")
	}
}
