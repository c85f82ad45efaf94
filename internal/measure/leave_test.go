package measure

import (
	"math"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// TestLeaveAnswersAreSharesOnlyFromEnough: below five answers counts alone; else shares with the interval of Wilson (12 of 15: 54.8 % to 93.0 %).
func TestLeaveAnswersAreSharesOnlyFromEnough(t *testing.T) {
	few := TallyLeaves(9, map[string]int{LeaveUnclear: 3, "noise": 1})
	if few.Withheld != TooFew || few.Answered != 4 || few.Counts[0].N != 3 || few.Counts[0].Share != 0 {
		t.Errorf("few = %+v", few)
	}
	enough := TallyLeaves(40, map[string]int{LeaveUnclear: 12, "noise": 3})
	c := enough.Counts[0]
	if enough.Withheld != "" || enough.Asked != 40 || enough.Answered != 15 || c.Answer != LeaveUnclear || c.Share != 0.8 || math.Abs(c.Low-0.5481) > 1e-4 || math.Abs(c.High-0.9295) > 1e-4 {
		t.Errorf("enough = %+v", enough)
	}
	if len(enough.Counts) != len(LeaveAnswers()) || enough.Counts[2].N != 0 || enough.Counts[2].Low != 0 {
		t.Errorf("answers = %+v", enough.Counts)
	}
	for _, bad := range []struct {
		answer, words string
		code          community.Code
	}{{"", "", community.CodeBadInput}, {"bored", "", community.CodeBadInput}, {"other", strings.Repeat("长", MaxLeaveWords+1), community.CodeTooLarge}, {"other", strings.Repeat("长", MaxLeaveWords), ""}} {
		if err := CheckLeave(bad.answer, bad.words); community.CodeOf(err) != bad.code {
			t.Errorf("%q with %d characters: %v", bad.answer, len([]rune(bad.words)), err)
		}
	}
}
