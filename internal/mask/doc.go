// Package mask puts placeholders into a text for what must not leave the house (people's names, ids, phones, addresses, numbers, links), and what they
// stand for back into an answer.
//
// What is hidden: every name that the house knows of somebody (nicknames, cards, account names, in any case, width or with invisible characters between),
// the telling parts of such a name, whoever is spoken to by "@", their ids on platforms; mobile numbers, addresses of e-mail, ids of messengers behind a word
// that announces them, digits in a row of five and more (identity cards and bank cards by their check digits), tokens of letters with digits, every link.
// What is not found: a name of somebody whom the house does not know, an address of a house or street. That is why a text is shown, as it would go out,
// before anything does.
//
// A name of two and more characters is hidden wherever its characters stand, in the middle of other words too; one of a single letter only where it stands
// alone or behind "@". Placeholders are stable within one [Cloak] and mean nothing outside it: nobody who has the masked text alone can undo it.
//
// Everything is a function of its arguments.
package mask
