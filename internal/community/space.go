package community

// DemoSpace is a demonstration beside a real organisation: an organisation of its own, invented by the program, which can be deleted whole.
type DemoSpace struct {
	Org   OrgKey // its own
	ID    ID     // of its organisation
	Name  string
	Home  OrgKey // the organisation it stands beside
	User  string // id of the person who loaded it, or "cli"
	Seed  uint64 // the same seed tells the same story
	Days  int    // how much of it is past
	State SpaceState
	Step  string // what is being done now: while loading "history" or "clear", while leaving a table's name
	Done  int64  // of Total steps; while leaving: rows deleted so far
	Total int64  // 0 = not known
	Error string // why the last try stopped; "" = it did not
	Began int64  // UTC ms
	Ended int64  // when it was loaded, UTC ms; 0 = it is not
}

// SpaceState is where a demonstration is in its life.
type SpaceState string

// The states of a demonstration.
const (
	SpaceLoading SpaceState = "loading"
	// SpaceClearing: what a try before this one left half loaded is being deleted.
	SpaceClearing SpaceState = "clearing"
	SpaceReady    SpaceState = "ready"
	SpaceLeaving  SpaceState = "leaving"
)

// SpaceCounts is what stands in a demonstration, and goes with it.
type SpaceCounts struct {
	Groups    int   `json:"groups"`
	People    int   `json:"people"`
	Messages  int64 `json:"messages"`
	Records   int64 `json:"records"`   // of the log, the messages among them
	Decisions int64 `json:"decisions"` // of rules
}
