"""Word lists of the built-in world: titles, tags, people, languages. Words only, no chance."""

from __future__ import annotations

__all__ = [
    "GENRES",
    "LANGUAGES",
    "NAMES",
    "OBJECTS_OF_SETTING",
    "SETTING_OF_WORD",
    "TAGS",
    "TITLE_WORDS",
    "Genre",
]

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Genre:
    """How common a genre is, which moods, partners and ages (with weights by order) suit it."""

    weight: float
    moods: tuple[str, ...]
    partners: tuple[str, ...]
    ages: tuple[int, ...]
    runtime_minutes: tuple[int, int]


def _genre(weight: float, moods: str, partners: str, ages: str, minutes: str) -> Genre:
    low, high = (int(word) for word in minutes.split())
    ages_found = tuple(int(word) for word in ages.split())
    names = tuple(name.strip() for name in partners.split(","))
    return Genre(weight, tuple(moods.split()), names, ages_found, (low, high))


GENRES: dict[str, Genre] = {
    "Drama": _genre(15, "tender calm dark noir", "Romance, Crime, Music", "13 16 7 13", "96 148"),
    "Comedy": _genre(13, "joyful tender calm", "Romance, Drama, Music", "13 7 13 16", "84 116"),
    "Romance": _genre(9, "tender joyful calm", "Drama, Comedy, Music", "13 7 13 16", "90 128"),
    "Thriller": _genre(
        10, "dark noir eerie wild", "Crime, Mystery, Drama", "16 16 13 18", "92 134"
    ),
    "Mystery": _genre(8, "eerie noir calm dark", "Crime, Thriller, Drama", "13 16 13", "90 128"),
    "Crime": _genre(8, "noir dark wild", "Thriller, Drama, Mystery", "16 18 16 13", "94 140"),
    "Science Fiction": _genre(
        8, "eerie epic dark wild", "Thriller, Adventure, Drama", "13 16 13", "98 152"
    ),
    "Fantasy": _genre(
        6, "epic wild eerie tender", "Adventure, Romance, Drama", "13 7 13 16", "98 150"
    ),
    "Adventure": _genre(7, "epic wild joyful", "Drama, Fantasy, Comedy", "13 7 13", "94 138"),
    "Documentary": _genre(
        7, "calm epic tender wild", "Music, Crime, Adventure", "7 0 13 13", "52 104"
    ),
    "Family": _genre(
        26, "joyful tender calm epic", "Adventure, Comedy, Fantasy", "0 7 0", "78 106"
    ),
    "Horror": _genre(5, "dark eerie noir wild", "Thriller, Mystery, Fantasy", "18 16 16", "84 116"),
    "Animation": _genre(
        12, "joyful wild tender epic", "Family, Adventure, Comedy", "0 7 7 13", "74 104"
    ),
    "Music": _genre(3, "joyful wild tender noir", "Drama, Romance, Documentary", "7 13", "82 122"),
}

# What each tag suits: genres, moods and settings; "" before none means it suits anything a little.
TAGS: dict[str, tuple[str, ...]] = {
    "slow burn": ("Mystery", "Drama", "Romance", "calm", "eerie"),
    "by the sea": ("sea",),
    "heist": ("Crime", "Thriller"),
    "found family": ("Family", "Comedy", "Drama", "tender", "Adventure"),
    "based on a true story": ("Drama", "Crime", "Documentary", "Music"),
    "big city": ("skyline",),
    "small town": ("Mystery", "Comedy", "forest", "road"),
    "on the road": ("road",),
    "deep woods": ("forest",),
    "high mountains": ("mountains",),
    "island life": ("sea", "calm"),
    "coming of age": ("Drama", "Family", "Music", "tender"),
    "second chances": ("Romance", "Drama", "tender"),
    "first love": ("Romance", "tender"),
    "old flames": ("Romance", "Comedy"),
    "secret identity": ("Thriller", "Comedy", "Crime"),
    "undercover": ("Crime", "Thriller", "noir"),
    "courtroom": ("Crime", "Drama"),
    "newsroom": ("Thriller", "Drama", "noir"),
    "conspiracy": ("Thriller", "Science Fiction", "noir"),
    "whodunnit": ("Mystery",),
    "cold case": ("Mystery", "Crime", "noir"),
    "locked room": ("Mystery", "dark"),
    "unreliable memory": ("Thriller", "Mystery", "eerie"),
    "twist ending": ("Mystery", "Thriller", "Horror"),
    "cat and mouse": ("Thriller", "Crime"),
    "haunted house": ("Horror", "eerie"),
    "folk horror": ("Horror", "forest"),
    "ghosts": ("Horror", "Fantasy", "eerie"),
    "survival": ("Adventure", "Horror", "wild", "mountains"),
    "space": ("Science Fiction",),
    "time travel": ("Science Fiction", "Fantasy"),
    "artificial minds": ("Science Fiction",),
    "near future": ("Science Fiction", "skyline"),
    "dystopia": ("Science Fiction", "dark"),
    "magic": ("Fantasy", "Family", "Animation"),
    "myth and legend": ("Fantasy", "Adventure", "epic"),
    "quest": ("Adventure", "Fantasy", "epic"),
    "epic journey": ("Adventure", "Fantasy", "epic", "mountains"),
    "treasure hunt": ("Adventure", "Family"),
    "animals": ("Family", "Animation", "Documentary"),
    "wild nature": ("Documentary", "Adventure", "wild", "forest"),
    "ocean": ("Documentary", "sea"),
    "food": ("Comedy", "Documentary", "Romance"),
    "sport": ("Documentary", "Drama", "Family"),
    "dance": ("Music", "Romance", "joyful"),
    "live concert": ("Music",),
    "band on tour": ("Music", "road"),
    "monsoon": ("Romance", "Drama", "tender"),
    "wedding": ("Romance", "Comedy", "joyful"),
    "road trip": ("Comedy", "road"),
    "workplace": ("Comedy", "Drama", "skyline"),
    "school days": ("Family", "Animation", "Comedy"),
    "siblings": ("Drama", "Family", "Comedy"),
    "three generations": ("Drama", "Family", "calm"),
    "letters": ("Romance", "Drama", "Mystery"),
    "period piece": ("Drama", "Romance", "noir"),
    "wartime": ("Drama", "epic", "dark"),
    "feel-good": ("joyful", "Comedy", "Family"),
    "quick wit": ("Comedy", "Crime"),
    "quiet": ("calm",),
    "rainy night": ("noir", "dark"),
    "visually stunning": ("epic", "wild", "Animation", "Science Fiction"),
    "bittersweet": ("tender", "Drama", "Romance"),
    "edge of your seat": ("Thriller", "Horror", "dark"),
    "strong women": ("Drama", "Crime", "Adventure"),
}

# A thing named twice is twice as likely.
OBJECTS_OF_SETTING: dict[str, tuple[str, ...]] = {
    "mountains": ("none", "balloon", "kite", "horse", "lantern"),
    "skyline": ("none", "car", "balloon", "lantern", "kite"),
    "forest": ("none", "lantern", "horse", "car"),
    "sea": ("none", "boat", "boat", "boat", "ship", "ship", "ship", "kite", "lantern"),
    "road": ("none", "car", "horse", "balloon", "kite"),
}

SETTING_OF_WORD: dict[str, str] = {
    word: setting
    for setting, words in {
        "sea": "Harbour Tide Tides Salt Wind Shore Island Islands Sea Coast Pearl Anchor Reef "
        "Lighthouse Ferry Lagoon Sailor Captain Voyage Boats Current Drift Whale",
        "skyline": "City Street Streets Market Rooftop Hotel Neon Station Tower Window Windows "
        "Alibi Ledger Avenue Apartment Floor District Balcony Quarter",
        "forest": "Pines Wood Woods Forest Fox Orchard Grove Hollow Cedar Wolves Leaves Fern "
        "Garden Cabin Birch Thorn",
        "mountains": "Valley Mountain Peak Summit Ridge Snow Stone Hill Hills Echo Glacier Pass "
        "Kingdom Eagle Dragon North Monastery",
        "road": "Road Mile Miles Highway Dust Border Prairie Caravan Desert Exit Wheels Mustang "
        "Route Motel Horizon",
    }.items()
    for word in words.split()
}

# For each genre: adjectives | nouns | second nouns (what an adjective or a noun goes before).
_TITLE_LINES = {
    "": "Glass Salt Quiet Silver Hollow Blue Golden Distant Paper Saffron Velvet Crimson Amber "
    "Borrowed Second Last Hidden Broken Painted Northern Slow Bright Bitter Indigo Copper Ivory "
    "Winter Summer Midnight Monsoon Mango Jasmine Cardamom Marigold Ember Juniper Tamarind | "
    "River Harbour Lantern Mirror Garden Window Island Orchard Bridge Station Letter Valley Moon "
    "Rain Tide Road Hill Shore House Market Evening Festival Ferry Thread Feather | "
    "Letters Harbour Wind Road Season Rain Garden Tides House Hours Windows Songs Shore Mile "
    "Light Days Sky Rivers Summer Line Weather Balcony Street",
    "Drama": "Unsent Ordinary Patient Inherited Unspoken Faded Long | Mother Daughter Father Name "
    "Promise Inheritance Witness | Daughters Promise Silence Inheritance Years Debts Brothers",
    "Comedy": "Wrong Perfect Lucky Awkward Terrible Spare Accidental Reluctant | Cousin Landlord "
    "Wedding Neighbour Caterer Goat Understudy | Cousins Wedding Neighbours Plan Guests Uncle "
    "Holiday",
    "Romance": "Tender Unwritten Sudden Sunlit Honest Secret | Kiss Waltz Balcony Postcard Promise "
    "Stranger | Hearts Waltz Postcards Strangers Vows Encore Kisses",
    "Thriller": "Cold Silent Final Burning False Dead Sharp | Signal Witness Exit Alibi Border "
    "Passenger Countdown | Signal Exit Target Zero Protocol Trigger Current",
    "Mystery": "Missing Seventh Quiet Unlit Locked Vanishing Third | Door Witness Cabin Lighthouse "
    "Guest Photograph Clockmaker | Door Witness Room Clue Cipher Hollow Confession",
    "Crime": "Dirty Blue Black Crooked Small Heavy | Ledger Alibi Detective District Debt Safe "
    "Informer | Ledger Alibi Money Quarter Job Verdict Receipts",
    "Science Fiction": "Cold Quantum Infinite Last Orbital Synthetic Deep Parallel | Orbit Signal "
    "Colony Machine Comet Planet Archive | Orbit Static Horizon Machines Colony Gravity Protocol",
    "Fantasy": "Enchanted Thorn Elder Forgotten Moonlit Raven Iron | Crown Dragon Kingdom Oracle "
    "Spell Throne Tower | Crown Kingdom Throne Spell Prophecy Blade Dragons",
    "Adventure": "Lost Wild Far Uncharted Brave Fearless | Summit Caravan Compass Voyage Map "
    "Jungle Horizon | Summit Caravan Expedition Compass Voyage Trail Horizon",
    "Documentary": "Living Ancient Hidden Secret Vanishing True | Reef Kitchen Glacier Archive "
    "Migration Harvest | Planet Kitchens Reef Giants Harvest Archive Makers",
    "Family": "Little Clever Brave Curious Tiny Magic | Elephant Treehouse Whale Puppy Kite "
    "Grandmother | Giants Kites Treehouse Club Heroes Elephants Adventures",
    "Horror": "Hollow Rotten Pale Whispering Sleepless Buried | Cellar Pines Nursery Scarecrow "
    "Well Visitor | Pines Cellar Hunger Bones Whispers Teeth Nursery",
    "Animation": "Tiny Flying Invisible Clockwork Sleepy Fearless | Fox Robot Balloon Owl Cloud "
    "Tortoise | Robots Foxes Circus Clouds Balloon Parade Inventors",
    "Music": "Electric Loud Offbeat Golden Broken | Chorus Violin Record Radio Drummer | "
    "Chorus Radio Rhythm Encore Strings Melody",
}


def _words(line: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(part.split()) for part in line.split("|"))


TITLE_WORDS: dict[str, tuple[tuple[str, ...], ...]] = {
    genre: _words(line) for genre, line in _TITLE_LINES.items()
}

# language: how common, and the culture whose names its people mostly bear.
LANGUAGES: dict[str, tuple[float, str]] = {
    "en": (34, "english"),
    "hi": (20, "indian"),
    "ta": (6, "southern"),
    "bn": (4, "bengali"),
    "ur": (4, "urdu"),
    "es": (8, "spanish"),
    "pt": (5, "brazilian"),
    "de": (5, "german"),
    "fr": (4, "french"),
    "ja": (5, "japanese"),
    "ko": (4, "korean"),
    "yo": (3, "nigerian"),
}

# culture: given names | family names. Every person is invented.
_NAME_LINES = {
    "indian": "Anaya Vihaan Meher Kabir Ishani Rohan Devika Arjun Tara Nikhil Sanya Yuvan | "
    "Bhandare Kothari Sahasrabudhe Malviya Rathod Deshwal Vaidyan Tandale Jogani Mehrotri",
    "southern": "Kavin Nila Arivu Yazhini Surya Meenal Adhiran Thenmozhi | "
    "Ilangovan Perumalsamy Kuttiyan Manivel Sundareshan Pillaiyar",
    "bengali": "Ritwika Anirban Mohua Dipayan Shreyoshi Tathagata | "
    "Lahirian Bosudeb Talapatra Kundura Maitrayan Hazrakar",
    "urdu": "Zoya Faizan Mahnoor Sameer Rukhsana Haroon | "
    "Qadirani Baigzada Naqshband Sultanpuri Rehmatullah Daudzai",
    "english": "Nora Felix Maeve Callum Imogen Desmond Ruby Tobias Hattie Jonah Orla Silas | "
    "Ashgrove Penhallow Thackley Merriden Corrick Wexcombe Halloran Blythewood Tarrow Quillan",
    "spanish": "Lucía Mateo Inés Joaquín Paloma Rafael | "
    "Olivarez Montferrán Cascales Villarreta Quiroga Salvatierra",
    "brazilian": "Thais Caetano Jussara Davi Luana Otávio | "
    "Braganholo Sabiá Itaparica Vasconcel Peixinho Caldeirão",
    "german": "Leni Matthis Greta Jannik Hedwig Ansgar | "
    "Brückmann Lindenau Harzbach Steinfurth Wolkerts Osterhagen",
    "french": "Élodie Bastien Margaux Thibault Solène Rémy | "
    "Vauclair Delormeau Saintonge Brevaux Chantrel Montbazin",
    "japanese": "Haruka Ren Mizuki Sota Ayumi Kaito | "
    "Shirasawa Onodera Kurebayashi Minazuki Asakawa Hoshizaki",
    "korean": "Seo-yeon Min-jae Ha-eun Jun-ho Da-hye Tae-oh | Namgung Seonu Hwangbo Tak Pyo Gyeong",
    "nigerian": "Adaeze Tunde Folake Chidi Yetunde Emeka | "
    "Akinbolade Okwuosa Adeyanju Ezenwata Olabisiola Umeadi",
}

NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    culture: _words(line) for culture, line in _NAME_LINES.items()
}
