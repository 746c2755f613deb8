"""How pleasant and how stirring things are of themselves, for the thousand words of ImageNet.

Written by hand, by kinds of things as people commonly feel about them, and not fitted to any
ratings. It tells a head what no other picture could: that a cockroach is unpleasant even where
no cockroach was among the pictures it learned from. Numbers are (valence, arousal), -1 to 1.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["affect_table"]

#: Stretches of ImageNet's list, by their first and last word; a later line overrules.
STRETCHES: tuple[tuple[str, str, float, float], ...] = (
    ("tench", "goldfish", 0.15, -0.2),
    ("great white shark", "hammerhead", -0.25, 0.6),
    ("electric ray", "stingray", 0.1, 0.25),
    ("cock", "kite", 0.4, -0.15),
    ("bald eagle", "bald eagle", 0.45, 0.3),
    ("vulture", "vulture", -0.35, 0.15),
    ("great grey owl", "great grey owl", 0.4, 0.1),
    ("European fire salamander", "tailed frog", 0.1, -0.05),
    ("loggerhead", "box turtle", 0.4, -0.2),
    ("banded gecko", "African chameleon", 0.1, 0.05),
    ("Komodo dragon", "American alligator", -0.25, 0.45),
    ("triceratops", "triceratops", 0.0, 0.2),
    ("thunder snake", "sidewinder", -0.45, 0.45),
    ("trilobite", "trilobite", 0.0, -0.2),
    ("harvestman", "wolf spider", -0.5, 0.35),
    ("tick", "centipede", -0.6, 0.3),
    ("black grouse", "prairie chicken", 0.2, -0.15),
    ("peacock", "peacock", 0.55, 0.1),
    ("quail", "partridge", 0.2, -0.15),
    ("African grey", "toucan", 0.5, 0.1),
    ("drake", "black swan", 0.4, -0.2),
    ("tusker", "tusker", 0.4, 0.2),
    ("echidna", "platypus", 0.3, 0.0),
    ("wallaby", "wombat", 0.55, 0.0),
    ("jellyfish", "jellyfish", 0.2, 0.2),
    ("sea anemone", "brain coral", 0.4, -0.05),
    ("flatworm", "nematode", -0.5, 0.1),
    ("conch", "snail", 0.1, -0.3),
    ("slug", "slug", -0.35, -0.1),
    ("sea slug", "chambered nautilus", 0.1, -0.1),
    ("Dungeness crab", "isopod", 0.0, 0.0),
    ("white stork", "albatross", 0.4, -0.1),
    ("king penguin", "king penguin", 0.6, 0.1),
    ("grey whale", "sea lion", 0.55, 0.3),
    ("Chihuahua", "Mexican hairless", 0.55, 0.1),
    ("Staffordshire bullterrier", "American Staffordshire terrier", 0.3, 0.2),
    ("Rottweiler", "Doberman", 0.2, 0.3),
    ("timber wolf", "hyena", 0.15, 0.4),
    ("red fox", "grey fox", 0.5, 0.15),
    ("tabby", "Egyptian cat", 0.5, -0.05),
    ("cougar", "cheetah", 0.35, 0.5),
    ("brown bear", "sloth bear", 0.25, 0.4),
    ("mongoose", "meerkat", 0.4, 0.0),
    ("tiger beetle", "weevil", -0.2, 0.05),
    ("ladybug", "ladybug", 0.4, -0.15),
    ("dung beetle", "dung beetle", -0.4, 0.05),
    ("fly", "fly", -0.55, 0.1),
    ("bee", "bee", -0.1, 0.25),
    ("ant", "leafhopper", -0.25, 0.05),
    ("cockroach", "cockroach", -0.75, 0.35),
    ("lacewing", "damselfly", 0.2, -0.1),
    ("admiral", "lycaenid", 0.55, -0.1),
    ("starfish", "sea cucumber", 0.15, -0.1),
    ("wood rabbit", "hamster", 0.6, 0.0),
    ("porcupine", "guinea pig", 0.45, 0.0),
    ("sorrel", "zebra", 0.5, 0.1),
    ("hog", "warthog", 0.0, 0.05),
    ("hippopotamus", "llama", 0.3, 0.05),
    ("weasel", "armadillo", 0.15, 0.0),
    ("otter", "otter", 0.55, 0.0),
    ("skunk", "skunk", -0.1, 0.15),
    ("three-toed sloth", "Madagascar cat", 0.35, 0.15),
    ("indri", "African elephant", 0.45, 0.2),
    ("lesser panda", "giant panda", 0.7, 0.05),
    ("barracouta", "gar", 0.0, 0.0),
    ("rock beauty", "anemone fish", 0.5, 0.05),
    ("lionfish", "puffer", 0.15, 0.15),
    ("abacus", "worm fence", 0.02, -0.3),
    ("guacamole", "potpie", 0.45, 0.0),
    ("burrito", "eggnog", 0.4, 0.0),
    ("head cabbage", "mushroom", 0.2, -0.35),
    ("Granny Smith", "pomegranate", 0.45, -0.2),
    ("trifle", "ice lolly", 0.65, 0.1),
    ("chocolate sauce", "chocolate sauce", 0.6, 0.1),
    ("hay", "hay", 0.1, -0.4),
    ("dough", "dough", 0.1, -0.25),
    ("alp", "alp", 0.7, 0.2),
    ("bubble", "bubble", 0.4, -0.1),
    ("cliff", "cliff", 0.45, 0.35),
    ("coral reef", "coral reef", 0.65, 0.15),
    ("geyser", "geyser", 0.3, 0.3),
    ("lakeside", "lakeside", 0.75, -0.15),
    ("promontory", "valley", 0.75, 0.0),
    ("volcano", "volcano", 0.1, 0.6),
    ("ballplayer", "ballplayer", 0.3, 0.25),
    ("groom", "groom", 0.6, 0.2),
    ("scuba diver", "scuba diver", 0.45, 0.4),
    ("rapeseed", "daisy", 0.6, -0.2),
    ("yellow lady's slipper", "yellow lady's slipper", 0.6, -0.15),
    ("corn", "buckeye", 0.2, -0.35),
    ("coral fungus", "bolete", -0.05, -0.25),
    ("stinkhorn", "stinkhorn", -0.4, 0.0),
    ("toilet tissue", "toilet tissue", -0.15, -0.45),
    ("web site", "book jacket", 0.05, -0.2),
)  # fmt: skip
#: Things of one feeling, wherever in the list they stand.
THINGS: tuple[tuple[float, float, str], ...] = (
    # Weapons.
    (-0.5, 0.45, "assault rifle;cannon;guillotine;holster;missile;projectile;revolver;rifle;tank;"
     "half track;hatchet;cleaver;bulletproof vest"),
    # Uniforms, machines of war and of rescue.
    (-0.15, 0.35, "military uniform;aircraft carrier;warplane;submarine;chain saw;torch;"
     "fire engine;ambulance;police van;tow truck;crash helmet"),
    # Illness, confinement, wreckage.
    (-0.45, 0.2, "gasmask;oxygen mask;neck brace;crutch;stretcher;syringe;Band Aid;muzzle;mask;"
     "ski mask;pickelhaube;wreck;mousetrap;prison;medicine chest;pill bottle;stethoscope;"
     "Petri dish;lab coat"),
    # Dirt and chores.
    (-0.35, -0.1, "ashcan;garbage truck;plunger;toilet seat;chainlink fence;manhole cover;"
     "spider web;dishrag;swab;broom;plastic bag;bucket;barrow;trailer truck;grille;diaper;"
     "rubber eraser;cassette;butcher shop"),
    # Stone, iron and what stands about.
    (-0.15, 0.05, "cliff dwelling;megalith;brass;obelisk;pedestal;dam;drilling platform;"
     "oil filter;gas pump;traffic light;parking meter;punching bag;cloak;chain;padlock;nail;"
     "screw;bell cote;vault"),
    # Sport and speed.
    (0.6, 0.45, "parachute;speedboat;sports car;racer;convertible;snowmobile;ski;bobsled;"
     "mountain bike;go-kart;swing;carousel;balloon;space shuttle;airliner;airship;fountain;"
     "catamaran;trimaran;snorkel;paddle;canoe;swimming trunks;maillot;bikini"),
    # Feasts, toys, sweet things, fine buildings.
    (0.65, 0.0, "teddy;toyshop;Christmas stocking;confectionery;bakery;gown;hoopskirt;castle;"
     "palace;gondola;schooner;yawl;beacon;greenhouse;pinwheel;jack-o'-lantern;piggy bank;dome;"
     "triumphal arch;suspension bridge;theater curtain;stage;spotlight"),
    # Music, games, outings.
    (0.4, 0.05, "acoustic guitar;banjo;cello;drum;electric guitar;flute;French horn;grand piano;"
     "harp;harmonica;sax;trombone;violin;upright;steel drum;accordion;soccer ball;basketball;"
     "baseball;volleyball;tennis ball;rugby ball;racket;balance beam;horizontal bar;"
     "parallel bars;barbell;dumbbell;dogsled;horse cart;maypole;cowboy hat;sombrero;sarong;"
     "kimono;restaurant;cinema;mountain tent;sleeping bag;bicycle-built-for-two;seashore;pier;"
     "dock;boathouse;lifeboat;liner;thatch;mobile home;barn;church;mosque;monastery;stupa;altar;"
     "park bench;patio;steel arch bridge;viaduct;umbrella;sunglasses;sunglass;candle;necklace;"
     "birdhouse;honeycomb;pool table;puck;football helmet;scoreboard;bow tie;wig;lipstick;"
     "perfume"),
)  # fmt: skip


@cache
def affect_table(words: tuple[str, ...]) -> NDArray[np.float32]:
    """Return valence and arousal of each word, 0 where nothing is known of it.

    A word may have others after a comma, as ImageNet's have. Whoever asks must not change it.
    """
    first = [word.partition(",")[0] for word in words]
    place = {word: at for at, word in reversed(list(enumerate(first)))}
    table = np.zeros((len(words), 2), np.float32)
    for begin, end, valence, arousal in STRETCHES:
        if begin in place and end in place:
            table[place[begin] : place[end] + 1] = valence, arousal
    for valence, arousal, things in THINGS:
        at = [place[thing] for thing in things.split(";") if thing in place]
        table[at] = valence, arousal
    return table
