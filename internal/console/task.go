package console

import "qunluo/internal/community"

// taskWhat says in one sentence what a task asks for.
func taskWhat(k *call, t community.TaskRow) string {
	group, n := t.Place()
	if n > 1 {
		group = k.T("task.groups_of", "group", group, "num", n)
	}
	return k.T("what."+string(t.Verb), "group", group, "target", named(t.TargetName, t.TargetRef), "t", k.Words.Seconds(t.Action.Seconds))
}

func named(name, ref string) string {
	if name != "" {
		return name
	}
	return ref
}

// timeLeft says how long there is until a deadline, or that it has passed; "" for none.
func timeLeft(k *call, due int64) string {
	if due == 0 {
		return ""
	}
	left := (due - k.now()) / 1000
	if left <= 0 {
		return k.T("task.overdue", "t", k.Words.Round(-left))
	}
	return k.T("task.left", "t", k.Words.Round(left))
}
