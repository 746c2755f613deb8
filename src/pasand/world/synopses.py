"""Synopses from parts: a hero, a situation by genre, a place, and a turn.

``{who}`` is the hero, ``{place}`` a place, ``{he} {him} {his}`` follow the hero drawn. The parts
are chosen in rotation, so that a phrase returns as late as it can; no synopsis is given twice.
"""

from __future__ import annotations

import numpy as np

__all__ = ["SynopsisWriter"]

_PLACES = (
    "Kochi|Jaisalmer|Lisbon|Lahore|Busan|Valparaíso|Trieste|Lagos|Shillong|Galway|Salvador|"
    "Pondicherry|Tbilisi|Nagasaki|Oaxaca|Hamburg|Darjeeling|Marseille|Colombo|Chattogram|Recife|"
    "Tromsø|Udaipur|Montreal|Leipzig|Penang|Varanasi|Cardiff|Kyoto|Mombasa|Quito|Naples"
)

_HEROES = {
    "": "retired ferry captain|night-shift nurse|young translator|widowed tailor|stubborn baker|"
    "village schoolteacher|piano tuner|train dispatcher|former boxer|wedding photographer|"
    "beekeeper|hotel porter|cartographer|struggling chef|radio host|stage actor|bookbinder|"
    "marine biologist|bus driver|out-of-work architect|sign painter|first-year doctor",
    "Crime": "burnt-out detective|disgraced accountant|getaway driver|rookie constable|"
    "prison librarian|public defender|pickpocket|customs inspector|forger|crime reporter|"
    "pawnbroker|night-court judge|port pilot",
    "Science Fiction": "salvage pilot|station botanist|memory engineer|junior astronomer|"
    "freight mechanic|colony doctor|signal analyst|terraforming surveyor|retired cosmonaut|"
    "ethics auditor|cryogenics nurse",
    "Fantasy": "runaway apprentice|disgraced knight|salt-witch|mapmaker's orphan|river spirit|"
    "reluctant heir|royal kite-maker|dragon keeper|one-eyed bard|lamplighter|storyteller",
    "Family": "ten-year-old inventor|shy new pupil|retired circus clown|village postmaster|"
    "lonely lighthouse keeper|curious little cousin|trainee zookeeper|ice-cream seller|"
    "grandparent with a secret workshop|goalkeeper who is afraid of the ball",
    "Music": "street violinist|forgotten playback singer|teenage drummer|choir conductor|"
    "wedding trumpeter|bedroom producer|ageing rock guitarist|sitar student|tango pianist",
}
_HERO_OF = {"Thriller": "Crime", "Animation": "Family", "Mystery": ""}

_SITUATIONS = {
    "Drama": "{who} comes home to {place} to sell the family house and finds someone still "
    "living in it|After twenty years away, {who} must face the brother who never left {place}|"
    "When the mill outside {place} closes, {who} is asked to speak for everyone who lost a job|"
    "{who} takes in a stranger's child for one winter in {place}|A letter posted decades ago "
    "finally reaches {who}, and with it a daughter {he} never knew|In {place}, {who} keeps a "
    "dying restaurant open for one last season|{who} learns to drive at sixty to cross the "
    "country to one particular grave|Three sisters and {who} share a single inheritance: a boat "
    "nobody wants|{who} agrees to lie for an old friend, and the lie outgrows them both|"
    "The summer the river floods {place}, {who} chooses whom to save first|{who} sits for a "
    "portrait, and the painter sees more than {he} meant to show",
    "Comedy": "{who} accidentally sells out the largest wedding hall in {place}, twice|{who} "
    "inherits a goat, a debt and a very opinionated aunt in {place}|To keep a flat in {place}, "
    "{who} has to pretend to be married to the landlord|{who} wins a cooking contest with "
    "somebody else's recipe|A typing error makes {who} mayor of {place} for a week|{who} hides "
    "an entire cricket team from the tax office|{who} and three ex-best-friends get stuck in one "
    "lift on the night of the reunion|When the tour bus leaves without them, {who} and nine "
    "pensioners make their own way to {place}|{who} fakes an accent on the first day of work and "
    "cannot stop|{who} is hired to plan the divorce party of the year in {place}",
    "Romance": "{who} shares one post-office box with a stranger through a single rainy season "
    "in {place}|Every Thursday the same passenger falls asleep on the shoulder of {who}|{who} "
    "has seven days in {place} to return a ring to the person who threw it away|Two rival "
    "florists, one of them {who}, are booked for the same wedding|{who} answers a wrong number "
    "and does not hang up|A power cut in {place} leaves {who} on a rooftop with the one who got "
    "away|{who} teaches dancing to a man who only wants to learn a single waltz|Between two "
    "monsoons, {who} falls for the voice that reads the weather|{who} and a stranger keep missing "
    "the same ferry out of {place}",
    "Thriller": "{who} recognises the voice on a ransom call|One night in {place}, {who} finds "
    "{his} own name in a dead man's diary|{who} has until sunrise to cross {place} without being "
    "seen|A stranger on the last train hands {who} a phone that will not stop ringing|{who} "
    "testifies against the most powerful family in {place}, and then the protection vanishes|"
    "Every camera in {place} shows {who} committing a crime {he} cannot remember|{who} rents out "
    "the spare room and begins to find it rearranged|A border closes, and {who} is on the wrong "
    "side with the only evidence|{who} takes over a dead colleague's desk, and then {his} enemies|"
    "Someone is broadcasting the secrets of {place}, and {who} is tomorrow's story",
    "Mystery": "When the lighthouse outside {place} goes dark, {who} finds the lamp still warm|"
    "{who} buys a camera in {place} with one photograph left on the roll|Seven guests arrive at "
    "the inn, and only {who} knows that eight were invited|{who} hears a confession meant for "
    "someone else|A clock stops in {place} every time somebody lies, and {who} starts listening|"
    "The bride disappears between two songs, and {who} was the last to dance with her|{who} "
    "catalogues a dead collector's library and finds a book written about {him}|Nobody in {place} "
    "remembers the missing boy except {who}|Each spring an unsigned painting is left at the door "
    "of {who}",
    "Crime": "{who} is dragged into one last job beneath the old market of {place}|A shipment "
    "vanishes from the docks of {place}, and {who} is the only one who can count|{who} finds that "
    "the perfect alibi belongs to the perfect suspect|Two generations of thieves hire {who} to "
    "keep the peace in {place}|{who} follows the money from a charity in {place} to {his} own "
    "front door|In the back room of a tea stall, {who} keeps the only honest ledger in {place}|"
    "An informer turns up dead, and {who} is the next name on the list|{who} steals a painting "
    "that has already been stolen|{who} has one trial, one witness and no friends left in {place}",
    "Science Fiction": "{who} receives a distress call from {his} own ship, dated tomorrow|On the "
    "last orbital greenhouse, {who} discovers that something has been tending the plants|{who} "
    "sells memories for a living until one refuses to be sold|A machine built to predict the "
    "weather over {place} begins to predict {who}|When the moon goes quiet, {who} is the only one "
    "awake to hear why|{who} wakes forty years too early on a voyage of ninety|The city of "
    "{place} is rebuilt overnight, and only {who} notices|{who} is sent to switch off a "
    "mind that writes to its mother|A comet returns with footprints on it, and {who} is "
    "asked to explain them",
    "Fantasy": "{who} steals a crown that whispers, and it has opinions|In a kingdom where it has "
    "not rained for a century, {who} is born with wet hands|{who} must carry a dying star across "
    "the salt desert|The river god demands a debt, and {who} is all that is left to pay it|{who} "
    "opens the seventh gate to find the sky on the other side|When the last dragon lands in the "
    "village square, {who} is told to feed it|Every promise broken in the old city becomes a "
    "moth, and {who} follows one|{who} bargains away a shadow and has to win it back by winter|"
    "A library grows in the forest overnight, and {who} is listed among its books",
    "Adventure": "{who} joins the last caravan over the pass before the snow|A torn map leads "
    "{who} from {place} to an island that moves|{who} has thirty days to sail a borrowed boat out "
    "of {place} and around the cape|Two rival explorers, one of them {who}, share a single rope|"
    "{who} crosses four borders with a crate that must not be opened|When the bridge falls, {who} "
    "leads twelve strangers down an unmapped river|{who} bets the family farm on a balloon race "
    "from {place}|Deep in the canyon, {who} finds the expedition that was lost a century ago|"
    "{who} rides from {place} to the sea to deliver one letter",
    "Documentary": "A year in the kitchens of {place}, seen through the eyes of {who}|Filmed over "
    "nine winters, the story of {who} and a glacier that is leaving|{who} opens the archive of "
    "{place} and lets its ghosts talk|The last boat builders of {place} teach {who} to listen to "
    "wood|From the reef to the market of {place}, {who} follows a single fish|{who} spends a "
    "season with the women who run the night trains to {place}|How a street in {place} became a "
    "stage, told by {who} and forty neighbours|{who} walks the length of a river and asks everyone "
    "the same question|A football club at the edge of {place} hires {who} and refuses to lose",
    "Family": "{who} finds a very small elephant in the garden shed|To save the village fair, "
    "{who} must build a kite as big as a house|{who} discovers that the school cook used to be a "
    "pirate|One rainy holiday in {place}, {who} and grandmother solve their first case|{who} "
    "adopts a whale, which takes some explaining|A lost dog leads {who} all the way across "
    "{place}|The treehouse council has one rule, and {who} has just broken it|{who} enters the "
    "great soapbox race with a bathtub|When the clocks of {place} run backwards, {who} gets a "
    "second birthday",
    "Horror": "{who} moves into a house in {place} where every mirror faces the wall|The well "
    "behind the orphanage has begun to answer {who}|{who} agrees to watch the village for one "
    "night, and the village watches back|A lullaby nobody taught them is spreading among the "
    "children, and {who} knows the next line|{who} restores an old film frame by frame, and "
    "something in it turns round|The snow has covered the road to {place}, and {who} counts one "
    "guest too many|{who} digs up the garden and finds the previous owner's warnings|For three "
    "nights the bells of {place} ring by themselves, always for {who}",
    "Animation": "A clockwork fox and {who} set off to mend the moon|{who} draws a door on the "
    "wall, and a tortoise walks out of it|In a town above the clouds, {who} is the only one afraid "
    "of heights|{who} teaches a rusty robot how to tell jokes|The smallest balloon in the parade "
    "slips its string and takes {who} along|When colour disappears from {place}, {who} goes to "
    "fetch it back|A sleepless owl opens a night school, and {who} is its first pupil|{who} swaps "
    "places with a thundercloud for one day",
    "Music": "{who} has one summer to turn a brass band from {place} into something loud|A lost "
    "recording surfaces in {place}, and {who} knows whose voice it is|{who} loses {his} hearing "
    "on the eve of the biggest concert in {place}|Four strangers and {who} become a band because "
    "of one broken-down van|Every night at two, {who} plays for an empty station in {place}|"
    "{who} returns to {place} to finish a song {his} teacher left half written|The conservatoire "
    "of {place} admits {who} by mistake",
}

_TURNS = {
    "warm": "Neither of them planned to stay|It gets worse, and then it gets rather wonderful|"
    "What begins as a favour becomes a family|Some doors only open from the outside|"
    "By the end of the season nobody is quite the same|It takes a whole street to put it right|"
    "All it needs is courage, and a second helping|The truth turns out to be kinder than the plan|"
    "There is dancing, eventually|And everyone in town has an opinion|Home was never a place|"
    "It would be easier without the rain|Not everything that is lost wants finding|"
    "A small kindness goes a very long way",
    "dark": "The closer the answer, the fewer people are left to hear it|Somebody is already one "
    "step ahead|By morning there is no one left to trust|The past has kept the receipts|"
    "Every lie needs a second one to stand on|And the clock has been running since page one|"
    "What was buried here was buried for a reason|Some debts are not paid in money|"
    "There is only one way out, and it is guarded|The quiet ones saw everything|"
    "Not everyone wants the truth to surface|The price goes up with every question",
    "grand": "The road back is longer than the road there|What waits at the end is older than any "
    "map|It will take every friend they have, and one enemy|Legends forget to mention the cold|"
    "The horizon keeps its own counsel|Somewhere ahead, a light is still burning|"
    "To win, something must be left behind|Nobody has ever come back to tell it|"
    "The smallest of them will decide it all|And the wind is about to turn",
    "true": "A portrait of patience, salt and stubborn hope|Intimate, funny and quietly furious|"
    "Told without narration, in light and weather|A love letter to work done by hand|"
    "What they find changes the question|Six years in the making, and worth every one|"
    "An unhurried look at people who do not hurry",
}
_TURN_OF = {
    "Thriller": "dark",
    "Mystery": "dark",
    "Crime": "dark",
    "Horror": "dark",
    "Science Fiction": "grand",
    "Fantasy": "grand",
    "Adventure": "grand",
    "Documentary": "true",
}
_FILM_SHARE_WITHOUT_TURN = 0.25


class SynopsisWriter:
    """Writes synopses, no two alike, from one generator."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._decks: dict[str, list[str]] = {}
        self._written: set[str] = set()

    def write(self, genre: str) -> str:
        """Return a new synopsis of one or two sentences for a title of ``genre``."""
        for _ in range(1000):
            text = self._compose(genre)
            if text not in self._written:
                self._written.add(text)
                return text
        raise AssertionError(f"the parts for {genre} are used up")

    def _compose(self, genre: str) -> str:
        hero_key = _HERO_OF.get(genre, genre if genre in _HEROES else "")
        hero = self._next(f"hero {hero_key}", _HEROES[hero_key].split("|"))
        situation = self._next(f"situation {genre}", _SITUATIONS[genre].split("|"))
        is_she = self._rng.random() < 0.5
        text = situation.format(
            who=("an " if hero[0] in "aeiou" else "a ") + hero,
            place=self._next("place", _PLACES.split("|")),
            he="she" if is_she else "he",
            him="her" if is_she else "him",
            his="her" if is_she else "his",
        )
        text = text[0].upper() + text[1:] + "."
        if self._rng.random() < _FILM_SHARE_WITHOUT_TURN:
            return text
        kind = _TURN_OF.get(genre, "warm")
        return f"{text} {self._next(f'turn {kind}', _TURNS[kind].split('|'))}."

    def _next(self, deck: str, parts: list[str]) -> str:
        left = self._decks.get(deck)
        if not left:
            left = [parts[i] for i in self._rng.permutation(len(parts))]
            self._decks[deck] = left
        return left.pop()
