package app_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// expelBook removes for one word at once and makes that public with the name masked.
func expelBook(t *testing.T) json.RawMessage {
	t.Helper()
	var b policy.Book
	check(t, json.Unmarshal(wordBook(t, "团购"), &b))
	b.Rules[0].StartRung, b.Rules[0].Reason = 3, "发广告"
	b.RemovedText, b.MaskNames = "公示：{name} 因{reason}被移出", true
	raw, err := json.Marshal(b)
	check(t, err)
	return raw
}

// noticed gives the public notices of a group.
func (s *shift) noticed() []community.ActionRow {
	s.t.Helper()
	rows, _, err := s.desk.FindActions(s.t.Context(), community.ActionFilter{Group: s.group.Key, Verb: community.Send})
	check(s.t, err)
	var out []community.ActionRow
	for _, a := range rows {
		if strings.HasPrefix(a.Text, "公示：") {
			out = append(out, a)
		}
	}
	return out
}

// TestRemovalAndItsNoticeAreOneUnit: where the platform removes, and where a person must: the notice follows the removal, once,
// and not before it is confirmed.
func TestRemovalAndItsNoticeAreOneUnit(t *testing.T) {
	for name, abilities := range map[string]string{"native": "", "by hand": "member.remove=human"} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, dbURL string) {
				s := startShift(t, dbURL, abilities)
				ctx, hands := t.Context(), s.app.Hands(s.org, nil)
				_, err := hands.Publish(plain(ctx), "ming", s.group.Key, expelBook(t), "第一版")
				check(t, err)
				s.says(s.member("大刘"), "团购一折")
				if abilities != "" {
					task := s.becomes(community.Remove, community.HumanTask)
					if got := s.noticed(); len(got) != 0 {
						t.Fatalf("made public before anybody was removed: %+v", got)
					}
					s.does("/inbox", "/inbox/"+task.ID.String()+"/done", url.Values{"note": {"踢了"}})
				}
				await(t, func() bool {
					got := s.noticed()
					return len(got) == 1 && got[0].Text == "公示：大** 因发广告被移出\n依据：《群规》第 1 版" && got[0].State == community.Confirmed
				})
				rep, err := s.app.AsDecided(ctx, s.group.Key)
				check(t, err)
				if rep.Different != 0 {
					t.Errorf("replay: %d different", rep.Different)
				}
			})
		})
	}
}
