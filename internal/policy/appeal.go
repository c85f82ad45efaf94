package policy

import (
	"slices"

	"qunluo/internal/community"
)

// AppealJudge is who wants to decide an appeal.
type AppealJudge struct {
	User    string
	Owner   bool
	Others  int    // how many others there are who may decide and did not act
	Despite string // why an owner decides who had acted
}

// MayDecide says whether somebody may decide an appeal about a decision in which others acted. Who acted may not, unless there
// is nobody else and they are an owner who says why: CodeForbidden.
func MayDecide(acted []string, j AppealJudge) error {
	switch {
	case !slices.Contains(acted, j.User):
		return nil
	case j.Others > 0:
		return community.Errorf(community.CodeForbidden, "who acted in the decision may not decide its appeal: %d other(s) may", j.Others)
	case !j.Owner || j.Despite == "":
		return community.Errorf(community.CodeForbidden, "who acted in the decision may not decide its appeal; there is nobody else: add a second person, or an owner says why they decide all the same")
	}
	return nil
}
