package community

// Scope is what a person may see: an organisation, and in it all groups or only these.
type Scope struct {
	Org    OrgKey
	Groups []GroupKey // nil = all groups of the organisation; empty but not nil = none
}
