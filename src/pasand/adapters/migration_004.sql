-- The folded words by which items are found; a row's number is its item's. They are cut at spaces
-- alone, for what lies between was decided before (domain/words.py).
CREATE VIRTUAL TABLE item_words USING fts5 (
    tenant UNINDEXED,
    item_id UNINDEXED,
    title,
    also,
    people,
    tokenize = 'ascii',
    prefix = '1 2 3'
);
