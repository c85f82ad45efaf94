// Package wecom is the leaf for 企业微信 customer groups (客户群): callbacks as hints, the externalcontact interfaces to read
// and act, and a person's tap where the platform wants one.
//
// What the platform tells is never trusted to be complete: a callback about a group makes us read the group again two to
// three seconds later, and the app reads every group each quarter of an hour besides. A customer group cannot be
// moderated by program: nobody can be removed, muted or recalled, and nothing is sent without the owner's tap. Those verbs
// are human or assisted, and the next complete member list is the evidence that a person did it.
//
// What happens outside groups (contacts added and lost, reactions to moments) goes to desks: one per employee, named
// "<corp id>:<userid>", whose stays are the contact relations of that employee.
//
// Sources: developer.work.weixin.qq.com, documents 90968 (callbacks), 92122 (客户群), 92229 (join ways), 92135 and 93338
// (mass send), 92114 (contacts), 92117 (tags), 95094 and 93333 (moments), 92127 (hand-over). No real corp has been touched:
// error codes and limits are those of the documents.
package wecom
