package api

// Rooms are the handles of subjects that come besides desk and hands, made for an organisation and the groups that a person
// may see.
type Rooms struct {
}
