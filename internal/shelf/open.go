package shelf

import "qunluo/internal/community"

// Reader is who stands before an exclusive item.
type Reader struct {
	Member  community.MemberKey  // whose address it is; 0 = nobody's
	Groups  []community.GroupKey // where that member is now
	Closed  bool                 // the address was closed
	Devices int                  // other devices that opened it before
	Known   bool                 // this device did
}

// MaxDevices is on how many devices one personal address opens.
const MaxDevices = 3

// Why somebody is refused.
const (
	RefusedStranger = "stranger" // the address is nobody's
	RefusedLeft     = "left"     // its person is in none of the groups (any more)
	RefusedClosed   = "closed"
	RefusedDevices  = "devices" // too many devices opened it: it was handed on
)

// Open says why an exclusive item does not open to somebody; "" = it does.
func (i Item) Open(r Reader) string {
	switch {
	case r.Closed || i.Archived:
		return RefusedClosed
	case r.Member == 0:
		return RefusedStranger
	case !meets(i.Groups, r.Groups):
		return RefusedLeft
	case !r.Known && r.Devices >= MaxDevices:
		return RefusedDevices
	}
	return ""
}

func meets(a, b []community.GroupKey) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}
