package community

import "testing"

func TestRecallHasADeadlineAndANextStep(t *testing.T) {
	const sent, minute = int64(1_000_000), int64(60_000)
	bot := Ability{Level: Native, MaxAge: 120}
	for name, tc := range map[string]struct {
		able   Ability
		byHand Level
		now    int64
		want   RecallChance
	}{
		"an admin's bot knows no limit": {Ability{Level: Native}, Human, sent + 999*minute, RecallChance{Step: RecallNow}},
		"in time":                       {bot, Human, sent + minute, RecallChance{RecallNow, sent + 2*minute}},
		"the last moment is past":       {bot, Human, sent + 2*minute, RecallChance{RecallByHand, sent + 2*minute}},
		"past it, and nobody can":       {bot, None, sent + 3*minute, RecallChance{RecallCorrect, sent + 2*minute}},
		"a person from the beginning":   {Ability{Level: Human}, Human, sent, RecallChance{Step: RecallByHand}},
		"no connection, but the app":    {Ability{Level: None}, Human, sent, RecallChance{Step: RecallByHand}},
		"nobody at all":                 {Ability{Level: None}, None, sent, RecallChance{Step: RecallCorrect}},
	} {
		if got := RecallOf(tc.able, tc.byHand, sent, tc.now); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}
