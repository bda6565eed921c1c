package form

import "regexp"

// findDependencies finds the fields whose values the conditions of other fields read.
func (f *Form) findDependencies() {
	for _, x := range f.programs {
		f.addDependencies(x)
	}
	for _, field := range f.byID {
		mapObjects(field.dataset, 0, func(m map[string]any) any {
			f.UsesUser = f.UsesUser || m["context"] == "user" || m["context"] == "userTeams"
			return m
		})
		for _, id := range field.dependsOn {
			if other := f.byID[id]; other != nil {
				other.HasDependents = true
			}
		}
	}
	if f.UsesEntity && f.byID[TargetID] != nil {
		f.byID[TargetID].HasDependents = true
	}
}

// addDependencies adds what a program reads.
func (f *Form) addDependencies(x expr) {
	f.UsesUser = f.UsesUser || userWord.MatchString(x.source)
	f.UsesEntity = f.UsesEntity || entityWord.MatchString(x.source)
	ids, all := x.inputsRead()
	for id, field := range f.byID {
		if !all && !ids[id] {
			continue
		}
		field.HasDependents = true
		if field.Kind == Entity && id != TargetID && entityMember.MatchString(x.source) {
			field.ReadsEntity = true
		}
	}
}

var (
	formWord          = regexp.MustCompile(`\b(?:form|inputs)\b`)
	userWord          = regexp.MustCompile(`\buser\b`)
	entityWord        = regexp.MustCompile(`\bentity\b`)
	entityMember      = regexp.MustCompile(`\b(?:properties|relations|scorecards|team|icon|blueprint|createdAt|createdBy|updatedAt|updatedBy)\b`)
	inputReference    = regexp.MustCompile(`\.(?:form|inputs)\s*(?:\.\s*([A-Za-z_][A-Za-z0-9_]*)|\.?\s*\[\s*"([^"\\]+)"\s*\]|\.\s*"([^"\\]+)")`)
	anyInputReference = regexp.MustCompile(`\.\.|\bgetpath\b|\bto_entries\b|\$__loc__`)
)

// inputsRead are the inputs whose values a program reads; all is true when it may read any.
func (x expr) inputsRead() (ids map[string]bool, all bool) {
	references := inputReference.FindAllStringSubmatch(x.source, -1)
	if len(formWord.FindAllString(x.source, -1)) > len(references) || anyInputReference.MatchString(x.source) {
		return nil, true
	}
	ids = make(map[string]bool, len(references))
	for _, m := range references {
		ids[m[1]+m[2]+m[3]] = true
	}
	return ids, false
}
