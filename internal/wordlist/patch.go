package wordlist

import "qunluo/internal/community"

// Patch is what is done to words of a list: nil and false leave as it is.
type Patch struct {
	Category *string
	Level    *int
	Views    *string
	Expires  *int64 // UTC ms; 0 = never
	Release  bool   // out of quarantine or suspension
	Suspend  bool   // out of use
	Remove   bool
}

// Check says whether the patch can be carried out: one thing is done, and what lets a word go that lint held, or holds one
// back, has a reason.
func (p Patch) Check(reason string) error {
	kinds := 0
	for _, is := range []bool{p.Release, p.Suspend, p.Remove, p.Category != nil || p.Level != nil || p.Views != nil || p.Expires != nil} {
		if is {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return community.Errorf(community.CodeBadInput, "want one of: fields, release, suspend, remove")
	case (p.Release || p.Suspend) && reason == "":
		return Fault(community.CodeBadInput, "请写明原因。", "say why")
	}
	return nil
}

// Kind is the version's kind.
func (p Patch) Kind() string {
	switch {
	case p.Remove:
		return ByRemove
	case p.Release:
		return ByRelease
	case p.Suspend:
		return BySuspend
	}
	return ByEdit
}

// Apply gives the entry as it is afterwards.
func (p Patch) Apply(e Entry, reason string) Entry {
	switch {
	case p.Release:
		e.State, e.Why = Active, ""
	case p.Suspend:
		e.State, e.Why = Suspended, Reason{"person", []string{shown(reason)}}.String()
	}
	if p.Category != nil {
		e.Category = *p.Category
	}
	if p.Level != nil {
		e.Level = *p.Level
	}
	if p.Views != nil {
		e.Views = *p.Views
	}
	if p.Expires != nil {
		e.Expires = *p.Expires
	}
	return e
}
