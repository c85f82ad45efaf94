package drift

import "slices"

// Hand is a contact or a group that was asked to be handed over.
type Hand struct {
	Group    bool
	ID, Name string
	From, To string // employees
	Asked    int64  // UTC ms
	State    string // at the platform: "done", "waiting", "refused", "full", "none"
	Left     bool   // the giver had left
	Here     string // whose it is here: employees, with commas
	DoneHere bool
}

// CompareHands tells which hand-overs are not through on both sides.
func CompareHands(list []Hand) []Line {
	var out []Line
	for _, h := range list {
		if h.State == "done" && h.DoneHere {
			continue
		}
		l := Line{Part: Transfers, Subject: h.ID, Field: Handed, Owner: h.To, Name: h.Name, Here: h.Here, There: h.From + " → " + h.To, Why: h.State, Since: h.Asked}
		switch h.State {
		case "done":
			l.Why, l.Ways = NotDone, []Way{take(h)}
		case "waiting": // time alone decides
			l.Ways = []Way{{Kind: Ask}}
		default:
			l.Ways = []Way{again(h), {Kind: Ask}}
		}
		out = append(out, l)
	}
	slices.SortStableFunc(out, func(a, b Line) int { return int(min(max(a.Since-b.Since, -1), 1)) })
	return out
}

func take(h Hand) Way {
	if h.Group {
		return Way{Kind: Take, Args: map[string]string{"group": h.ID}}
	}
	return Way{Kind: Take, Args: map[string]string{"desks": h.From + "," + h.To}}
}

// again asks the platform once more.
func again(h Hand) Way {
	args := map[string]string{"from": h.From, "to": h.To}
	if h.Group {
		args["groups"] = h.ID
		return Way{Kind: Push, Chore: "transfer.groups", Args: args}
	}
	args["contacts"], args["left"] = h.ID, map[bool]string{true: "true", false: "false"}[h.Left]
	return Way{Kind: Push, Chore: "transfer.contacts", Args: args}
}
