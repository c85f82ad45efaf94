package community

// PublicAbilities is how an organisation's public page about abilities is set.
type PublicAbilities struct {
	Org   ID   `json:"-"` // the page's address ends with it
	On    bool `json:"on"`
	Names bool `json:"names"` // groups are named
}

// PlatformOffer is what may be done on a platform, over all accounts and groups there.
type PlatformOffer struct {
	Platform Platform    `json:"platform"`
	Offers   []VerbOffer `json:"verbs"`
	Groups   []string    `json:"groups"` // names; empty where they are not shown
}

// VerbOffer is what may be done of a verb.
type VerbOffer struct {
	Verb    Verb   `json:"verb"`
	Best    Level  `json:"best"`
	Worst   Level  `json:"worst"`             // the same as Best where it does not depend on the group
	Instead string `json:"instead,omitempty"` // a rung's act that is done where it cannot be done at all; "" = nothing
}
