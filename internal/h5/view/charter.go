package view

// Charter is the public page of a group's rules.
type Charter struct {
	Title, Line, Intro  string
	Old, Now, NowLink   string // Old "" = it is the version in force
	Levels              []CharterLevel
	Follows, Memory     string
	AppealTitle, Appeal string
	VersionsTitle       string
	Versions            []CharterVersion
	Foot                string
}

// CharterLevel is the articles of one level.
type CharterLevel struct {
	Title, Means string
	Articles     []CharterArticle
}

// CharterArticle is one article.
type CharterArticle struct {
	ID, Number, Title string
	Body              []string // lines
	Follows           string
}

// CharterVersion is one version and what changed with it.
type CharterVersion struct {
	Text, Link string // Link "" = it leads nowhere
	Here       bool
	Changes    []CharterChange
}

// CharterChange is what became of one article.
type CharterChange struct {
	Text, Before, After, Follows string
}

// Confirm is the page by which a member agrees to the rules.
type Confirm struct {
	Charter             Charter
	Who, Fault, Done    string // Done "" = not yet
	Version             string
	Label, Button, Note string
}
