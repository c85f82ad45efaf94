package api

import "qunluo/internal/community"

// Rooms are the handles of subjects that come besides desk and hands, made for an organisation and the groups that a person
// may see. All are needed.
type Rooms struct {
	Beginning   func(org community.OrgKey) Beginning
	Words       func(org community.OrgKey, groups []community.GroupKey) Words
	Codes       func(org community.OrgKey, groups []community.GroupKey) Codes
	Shorts      func(org community.OrgKey, groups []community.GroupKey) Shorts
	Plans       func(org community.OrgKey, groups []community.GroupKey) Plans
	Calendars   func(org community.OrgKey, groups []community.GroupKey) Calendars
	Points      func(org community.OrgKey, groups []community.GroupKey) Points
	Payments    func(org community.OrgKey, groups []community.GroupKey) Payments
	Appeals     func(org community.OrgKey, groups []community.GroupKey) Appeals
	Reports     func(org community.OrgKey, groups []community.GroupKey) Reports
	Bulks       func(org community.OrgKey, groups []community.GroupKey) Bulks
	Duty        func(org community.OrgKey, groups []community.GroupKey) Duty
	Shields     func(org community.OrgKey, groups []community.GroupKey) Shields
	Cases       func(org community.OrgKey, groups []community.GroupKey) Cases
	Suggests    func(org community.OrgKey, groups []community.GroupKey) Suggests
	Goals       func(org community.OrgKey, groups []community.GroupKey) Goals
	Figures     func(org community.OrgKey, groups []community.GroupKey) Figures
	Growths     func(org community.OrgKey, groups []community.GroupKey) Growths
	Comparisons func(org community.OrgKey, groups []community.GroupKey) Comparisons
	Lives       func(org community.OrgKey, groups []community.GroupKey) Lives
	Formats     func(org community.OrgKey, groups []community.GroupKey) Formats
	Moments     func(org community.OrgKey) Moments
	Experiments func(org community.OrgKey, groups []community.GroupKey) Experiments
	Tiers       func(org community.OrgKey, groups []community.GroupKey) Tiers
	Votes       func(org community.OrgKey, groups []community.GroupKey) Votes
	LiveQAs     func(org community.OrgKey, groups []community.GroupKey) LiveQAs
	Draws       func(org community.OrgKey, groups []community.GroupKey) Draws
	Weeklies    func(org community.OrgKey, groups []community.GroupKey) Weeklies
	Digests     func(org community.OrgKey, groups []community.GroupKey) Digests
	Libraries   func(org community.OrgKey, groups []community.GroupKey) Libraries
	Drafts      func(org community.OrgKey, groups []community.GroupKey) Drafts
	Essences    func(org community.OrgKey, groups []community.GroupKey) Essences
	Tables      func(org community.OrgKey, groups []community.GroupKey) Tables
	Mornings    func(org community.OrgKey, groups []community.GroupKey) Mornings
	Persons     func(org community.OrgKey, groups []community.GroupKey) Persons
	Lockdowns   func(org community.OrgKey, groups []community.GroupKey) Lockdowns
	Standbys    func(org community.OrgKey, groups []community.GroupKey) Standbys
	Blocklists  func(org community.OrgKey, groups []community.GroupKey) Blocklists
	Bots        func(org community.OrgKey, groups []community.GroupKey) Bots
	Tags        func(org community.OrgKey, groups []community.GroupKey) Tags
	Today       func(org community.OrgKey, groups []community.GroupKey) Today
	Charters    func(org community.OrgKey, groups []community.GroupKey) Charters
	Leads       func(org community.OrgKey, groups []community.GroupKey) Leads
	Settings    func(org community.OrgKey, groups []community.GroupKey) Settings
	Articles    func(org community.OrgKey) Articles
	Posters     func(org community.OrgKey, groups []community.GroupKey) Posters
	Foundings   func(org community.OrgKey, groups []community.GroupKey) Foundings
	Handovers   func(org community.OrgKey, groups []community.GroupKey) Handovers
	Overlaps    func(org community.OrgKey, groups []community.GroupKey) Overlaps
	Outlets     func(org community.OrgKey) Outlets
	Spaces      func(org community.OrgKey) Spaces
	Models      func(org community.OrgKey, groups []community.GroupKey) Models
	Lab         func(org community.OrgKey, groups []community.GroupKey) Lab
	Teach       func(org community.OrgKey, groups []community.GroupKey) Teach
	Judged      func(org community.OrgKey, groups []community.GroupKey) Judged
	Pastes      func(org community.OrgKey, groups []community.GroupKey) Pastes
	Books       Books
	Links       func(org community.OrgKey, groups []community.GroupKey) Links
	Drifts      func(org community.OrgKey, groups []community.GroupKey) Drifts
	Keys        func(org community.OrgKey, groups []community.GroupKey) Keys
	Staff       func(org community.OrgKey, groups []community.GroupKey) Staff
	Wires       Wires
	Users       Users
	Gate        Gate
	Veil        Veil
	Health      Health
	Imports     Imports
}

// room makes the handle of a subject for the caller.
func room[T any](c *call, open func(community.OrgKey, []community.GroupKey) T) T {
	return open(c.User.Org, c.sees)
}
