package community

// ReviewOrder is what a reviewer wants done to the member of a decision: "recall", "warn", "mute" or "remove".
type ReviewOrder struct {
	Do      string
	Text    string // of a warning
	Seconds int64  // of a mute; 0 = a day
	Block   bool   // remove: and refuse new requests
}

// reviewMute is how long a mute lasts that a reviewer gives no length.
const reviewMute = 24 * 3600

// Action is what the order means for a decision; CodeBadInput: it is none, a warning says nothing, or the decision has no member.
func (o ReviewOrder) Action(d DecisionRow) (Action, error) {
	a := Action{Group: d.Group, Target: d.Member}
	switch o.Do {
	case "recall":
		a.Verb, a.Event, a.Message = RecallMsg, d.About(), d.Message.Message
		return a, nil
	case "warn":
		if o.Text == "" {
			return a, Errorf(CodeBadInput, "text: of a warning it is wanted")
		}
		a.Verb, a.Text, a.Mention = Send, o.Text, true
	case "mute":
		a.Verb, a.Seconds = Mute, o.Seconds
		if a.Seconds == 0 {
			a.Seconds = reviewMute
		}
	case "remove":
		a.Verb, a.Block = Remove, o.Block
	default:
		return a, Errorf(CodeBadInput, "do %q", o.Do)
	}
	if a.Target == 0 {
		return a, Errorf(CodeBadInput, "do %q: the decision is about no member", o.Do)
	}
	return a, nil
}
