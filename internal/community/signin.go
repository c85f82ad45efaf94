package community

// Factor is what somebody proves themselves with besides a password: an authenticator's secret, sealed. The zero Factor: nothing.
type Factor struct {
	Sealed    []byte
	Created   int64 // UTC ms
	Confirmed int64 // UTC ms; 0 = begun, not yet in use
	LastStep  int64 // the step whose code opened last
	Codes     int   // codes of the last resort that are left
}

// On reports whether it is asked for.
func (f Factor) On() bool { return f.Confirmed > 0 }

// How somebody proved themselves when they signed in.
const (
	ByPassword = "password"
	ByCode     = "code"     // and an authenticator's code
	ByRecovery = "recovery" // and a code of the last resort
)

// SignIn is one time that somebody signed in.
type SignIn struct {
	ID      ID
	Org     OrgKey
	User    ID
	Login   string
	Name    string
	Began   int64 // UTC ms
	Seen    int64 // UTC ms, to the minute
	Address string
	Browser string // in words: "Chrome 140"; "" = not known
	System  string // "Windows"; "" = not known
	How     string
	Ended   int64  // UTC ms; 0 = nobody ended it
	EndedBy string // a user's id; "" = it ended by itself
}

// Live reports whether it is open now (UTC ms), where one lives so long from its beginning and so long without a request (ms).
func (s SignIn) Live(now, life, idle int64) bool {
	return s.Ended == 0 && now-s.Began < life && now-s.Seen < idle
}
