package duty_test

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// The next thing of a group is the one whose deadline comes first, in the order of the loop where two come at once; groups that are late lead.
func TestTheDayBeginsWithWhatIsLate(t *testing.T) {
	group := func(key community.GroupKey, name, keeper string) community.GroupRow {
		return community.GroupRow{Group: community.Group{Key: key, Name: name, Keeper: keeper}}
	}
	groups := []community.GroupRow{group(1, "一群", ""), group(2, "二群", "anna"), group(3, "三群", ""), group(4, "四群", "ben")}
	dues := []duty.Due{
		{Group: 1, Part: duty.Review, Kind: duty.DueAlarm, At: 150},
		{Group: 1, Part: duty.Screening, Kind: duty.DueRequest, At: 150},
		{Group: 3, Part: duty.Screening, Kind: duty.DueRequest, At: 400}, // somebody waits
		{Group: 2, Part: duty.Order, Kind: duty.DueReview, At: 90},
		{Group: 2, Part: duty.Content, Kind: duty.DueTask, At: 80, Owner: "ming"},
		{Group: 4, Part: duty.Content, Kind: duty.DueSend, At: 500}, // tomorrow
	}
	day := duty.Day(groups, dues, 100, 200, "on-duty")
	want := []struct {
		name, kind, owner, from string
		late, rest              int
	}{{"二群", duty.DueTask, "ming", "taken", 2, 1}, {"一群", duty.DueRequest, "on-duty", "duty", 0, 1}, {"三群", duty.DueRequest, "on-duty", "duty", 0, 0}, {"四群", "", "", "", 0, 0}}
	for i, w := range want {
		if a := day[i]; a.Group.Name != w.name || a.Next.Kind != w.kind || a.Owner != w.owner || a.From != w.from || a.Late != w.late || len(a.Rest) != w.rest {
			t.Errorf("%d: %+v, want %+v", i, a, w)
		}
	}
}
