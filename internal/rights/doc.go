// Package rights decides who may do what, and in which groups: eight roles, the powers that each of them holds, and how far
// they reach. It is one table; what the table does not give is refused.
package rights
