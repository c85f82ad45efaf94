package api

import "reflect"

// Routes of the console that nobody may use who is not shown members by name, or what members wrote.
const (
	byName  = "GET /members"
	inWords = "GET /messages"
)

// reveals says which answers hold names of members, or words of theirs. An operation that answers with one of these asks for the
// right to that besides its own, so that somebody who sees figures alone on pages sees no more through a token. Payments are
// not among them: their page shows names to whoever may see it.
func reveals() map[reflect.Type][]string {
	names, words := []string{byName}, []string{byName, inWords}
	return map[reflect.Type][]string{
		reflect.TypeFor[member](): names, reflect.TypeFor[memberFull](): names, reflect.TypeFor[request](): words, reflect.TypeFor[message](): words,
		reflect.TypeFor[decision](): words, reflect.TypeFor[action](): names, reflect.TypeFor[strike](): words, reflect.TypeFor[task](): words,
		reflect.TypeFor[appeal](): words, reflect.TypeFor[report](): words, reflect.TypeFor[labelled](): words, reflect.TypeFor[touched](): names,
		reflect.TypeFor[ranked](): names, reflect.TypeFor[earned](): names, reflect.TypeFor[placedIn](): names, reflect.TypeFor[tierChange](): names, reflect.TypeFor[candidate](): words,
		reflect.TypeFor[payout](): names, reflect.TypeFor[pair](): names, reflect.TypeFor[link](): names, reflect.TypeFor[question](): words,
		reflect.TypeFor[counted](): names, reflect.TypeFor[bond](): names, reflect.TypeFor[personalLink](): names, reflect.TypeFor[reaction](): names, reflect.TypeFor[lead](): names,
	}
}

// revealed lists the routes whose rights an answer of a type asks for besides.
func revealed(t reflect.Type) []string {
	table, found := reveals(), map[string]bool{}
	var look func(t reflect.Type)
	look = func(t reflect.Type) {
		for _, route := range table[t] {
			found[route] = true
		}
		switch t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Pointer:
			look(t.Elem())
		case reflect.Struct:
			for i := range t.NumField() {
				look(t.Field(i).Type)
			}
		}
	}
	look(t)
	var out []string
	for _, route := range []string{byName, inWords} {
		if found[route] {
			out = append(out, route)
		}
	}
	return out
}
