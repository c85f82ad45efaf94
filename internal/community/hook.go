package community

// Kinds of what an outside system hands in by a hook.
const (
	HookMessage = "message" // is said in a group
	HookTask    = "task"    // somebody of ours is to do it
	HookAlarm   = "alarm"   // whoever is on duty must acknowledge it
	HookReading = "reading" // what an outside reader (OCR) read in a message's pictures: judged by the group's rules
)

// Post is what an outside system hands in by a hook.
type Post struct {
	Kind  string `json:"kind"`  // message (also when empty), task, alarm
	Group string `json:"group"` // id, number or name; may be left out where the hook has one group. Not for alarms
	Text  string `json:"text"`
	Image string `json:"image"` // message: web address of a picture that goes along
	Due   int64  `json:"due"`   // task: minutes until it must be done; 0 = a day
	Event int64  `json:"event"` // reading: number of the message, which an attached bot knows as its message_id
}

// Posted is what came of it.
type Posted struct {
	Kind   string `json:"kind"`
	Group  string `json:"group,omitempty"`  // its name
	Event  int64  `json:"event,omitempty"`  // number of the event that decided it
	Action string `json:"action,omitempty"` // its id; of a task, too
	Alarm  string `json:"alarm,omitempty"`  // its id
	Held   string `json:"held,omitempty"`   // why a person must release it first
	Level  Level  `json:"level,omitempty"`  // how well the group's connection can do it: human = a person will paste it
}
