package morning

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"qunluo/internal/community"
)

// Bounds of sources and of what they bring.
const (
	MaxSources = 100 // of an organisation
	MaxName    = 60  // characters
	maxURL     = 1000
	LeastEvery = 15      // minutes between two readings
	MostEvery  = 24 * 60 // minutes
	KeepDays   = 30      // an entry that a feed no longer holds is forgotten after so long
	minute     = 60_000  // ms
	hour       = 60 * minute
	day        = 24 * hour
	firstPause = 15 * minute // after a reading that failed; it doubles
)

// Source is a feed that an organisation chose, with how its reading goes.
type Source struct {
	ID      community.ID
	Org     community.OrgKey
	URL     string
	Name    string // "" until its first reading says one
	Every   int    // minutes between two readings
	Off     bool
	Created int64
	User    string

	Tried    int64  // last reading; 0 = none yet
	Fetched  int64  // last reading that went well
	Next     int64  // when it is read again
	Failed   int    // readings in a row that failed
	Error    string // code of the last failure, "" = it went well
	ETag     string // of the document as last read
	Modified string // the same, as a date
	Entries  int    // kept
}

// Check says what is wrong with what a person wrote: CodeBadInput.
func (s Source) Check() error {
	u, err := url.Parse(s.URL)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || len(s.URL) > maxURL || strings.ContainsAny(s.URL, " \t\r\n"):
		return community.Errorf(community.CodeBadInput, "url: want an address that begins with https:// or http://, at most %d bytes", maxURL)
	case utf8.RuneCountInString(s.Name) > MaxName || !utf8.ValidString(s.Name) || strings.ContainsFunc(s.Name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }):
		return community.Errorf(community.CodeBadInput, "name: want at most %d characters", MaxName)
	case s.Every < LeastEvery || s.Every > MostEvery:
		return community.Errorf(community.CodeBadInput, "every: want %d to %d minutes", LeastEvery, MostEvery)
	}
	return nil
}

// Read is the source after a reading at a time that went well, or failed with a code. A feed that failed is left in peace for
// longer each time, up to a day; one whose address is refused, for a day at once: only a person can mend that.
func (s Source) Read(now int64, failed community.Code) Source {
	s.Tried, s.Error = now, string(failed)
	if failed == community.CodeNone {
		s.Fetched, s.Failed, s.Next = now, 0, now+int64(s.Every)*minute
		return s
	}
	s.Failed++
	pause := int64(day)
	if failed != community.CodeForbidden && s.Failed < 8 {
		pause = min(pause, firstPause<<(s.Failed-1))
	}
	s.Next = now + max(pause, int64(s.Every)*minute)
	return s
}

// Entry is one entry of a feed, kept.
type Entry struct {
	Source  community.ID
	From    string // the source's name
	ID      string // what the feed calls it
	Title   string
	Summary string
	Link    string
	At      int64 // when it appeared, as the feed says; 0 = it does not
	Seen    int64 // when we first read it
	Place   int   // in the document where it was first read: undated entries stand newest first
}

// When is when an entry appeared: as its feed says, but never later than we saw it.
func (e Entry) When() int64 {
	if e.At > 0 && e.At <= e.Seen {
		return e.At
	}
	return e.Seen
}

// tracking are parameters of addresses that say who sent the reader, not what is read.
var tracking = map[string]bool{
	"spm": true, "scm": true, "fbclid": true, "gclid": true, "dclid": true, "msclkid": true, "yclid": true, "mc_cid": true, "mc_eid": true, "igshid": true, "_hsenc": true, "_hsmi": true, "ref_src": true,
	"share_source": true, "share_medium": true, "share_plat": true, "share_tag": true, "share_times": true, "share_from": true, "share_token": true, "share_session_id": true, "share_id": true, "vd_source": true,
	"spm_id_from": true, "from_source": true, "from_spmid": true, "unique_k": true, "bbid": true, "isappinstalled": true, "nsukey": true, "wxfrom": true, "wx_header": true, "weibo_id": true, "chksm": true, "mpshare": true, "srcid": true, "sharer_shareinfo": true,
}

// senders are what the parameter "from" says where it tells who sent the reader.
var senders = map[string]bool{"timeline": true, "singlemessage": true, "groupmessage": true, "rss": true, "feed": true, "share": true}

// Key is what an address leads to: two addresses with the same key show the same. Scheme, "www.", case of the host, fragment,
// trailing slash, order of parameters and those that only track are no part of it.
func Key(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" {
		return address
	}
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if p := u.Port(); p != "" && p != "80" && p != "443" {
		host += ":" + p
	}
	q := u.Query()
	for name, values := range q {
		low := strings.ToLower(name)
		if tracking[low] || strings.HasPrefix(low, "utm_") || low == "from" && len(values) == 1 && senders[values[0]] {
			q.Del(name)
		}
	}
	key := host + strings.TrimSuffix(u.EscapedPath(), "/")
	if len(q) > 0 {
		key += "?" + q.Encode() // sorted
	}
	return key
}
