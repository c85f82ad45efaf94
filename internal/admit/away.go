package admit

import (
	"strings"

	"qunluo/internal/community"
)

// Away is where a group goes on while its account is lost, as its fixed addresses show it.
type Away struct {
	ID    community.ID // of the detour: it names the picture drawn from Link
	Group string       // the group that is away
	To    string       // the standby group; "" = there is only the invitation
	Words string       // the invitation
	Link  string       // the way there: the standby's own link, else the first address in the invitation; "" = none
	Slug  string       // the code that holds a picture of the standby's QR code; "" = none
	Entry community.ID // its entry
}

// Aways are the groups that go on elsewhere.
type Aways map[community.GroupKey]Away

// Leads says where a code's address leads because the group that it shows, or the first of those it cannot show, goes on
// elsewhere.
func Leads(c Code, now Choice, aways Aways) (Away, bool) {
	if now.Found {
		away, ok := aways[now.Entry.Group]
		return away, ok
	}
	for _, e := range c.Entries {
		if away, ok := aways[e.Group]; ok && e.Removed == 0 && c.Closed == 0 {
			return away, true
		}
	}
	return Away{}, false
}

// LinkIn is the first web address in a text; "" = none.
func LinkIn(text string) string {
	stop := func(r rune) bool {
		return strings.ContainsRune(" \t\r\n<>\"'，。；、！？（）【】《》「」", r)
	}
	for _, word := range strings.FieldsFunc(text, stop) {
		for _, scheme := range []string{"https://", "http://"} {
			if i := strings.Index(word, scheme); i >= 0 {
				if link := strings.TrimRight(word[i:], ".,;:!?)]"); GoodLink(link) {
					return link
				}
			}
		}
	}
	return ""
}
