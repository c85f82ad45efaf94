package community

// RecallChance is what can still be done about a message that should not stand there (撤回期限).
type RecallChance struct {
	Step RecallStep `json:"step"`
	// Until is when the platform stops recalling it, UTC ms; 0 = it knows no such limit, or recalls nothing for us.
	Until int64 `json:"until,omitempty"`
}

// RecallStep is the next possible step.
type RecallStep string

// Steps, the best first.
const (
	RecallNow     RecallStep = "recall"  // the platform takes it back for us
	RecallByHand  RecallStep = "by_hand" // an owner or admin deletes it in the app
	RecallCorrect RecallStep = "correct" // nobody can take it back: a correction is posted
)

// RecallOf says what can be done at a time (UTC ms) about a message sent at another, given what the group's best
// connection can do of message.recall and whether a person could do it in the platform's own app.
func RecallOf(able Ability, byHand Level, sent, now int64) RecallChance {
	until := int64(0)
	if able.Level == Native && able.MaxAge > 0 {
		until = sent + able.MaxAge*1000
	}
	switch {
	case able.Level == Native && (until == 0 || now < until):
		return RecallChance{Step: RecallNow, Until: until}
	case able.Level == Human || able.Level == Assisted || byHand == Human:
		return RecallChance{Step: RecallByHand, Until: until}
	}
	return RecallChance{Step: RecallCorrect, Until: until}
}
