-- Tables of the consumer. Apply it as often as you like: psql -v ON_ERROR_STOP=1 -f schema.sql
BEGIN;

-- One row for each record. The primary key is what makes a record unique.
CREATE TABLE IF NOT EXISTS records (
    article_id        text        NOT NULL,
    revision          integer     NOT NULL,
    enricher_version  text        NOT NULL,
    gazetteer_version text        NOT NULL,
    model_version     text        NOT NULL,
    enrichment        integer     NOT NULL,
    -- NEW, UPDATED, REENRICHED or WITHDRAWN.
    change            text        NOT NULL,
    url               text        NOT NULL,
    title             text        NOT NULL,
    language          text        NOT NULL,
    publisher_domain  text        NOT NULL,
    publisher_country text        NOT NULL,
    published_at      timestamptz,
    -- The whole record, with text, entities and countries.
    record            jsonb       NOT NULL,
    PRIMARY KEY (article_id, revision, enricher_version, gazetteer_version, model_version)
);
CREATE INDEX IF NOT EXISTS records_by_time ON records (published_at);
-- For: SELECT .. FROM articles WHERE record -> 'countries' @> '[{"code": "KE", "role": "FOCUS"}]'
CREATE INDEX IF NOT EXISTS records_by_country ON records USING gin ((record -> 'countries') jsonb_path_ops);

-- The current state of each article that is not withdrawn.
CREATE OR REPLACE VIEW articles AS
SELECT * FROM (
    SELECT DISTINCT ON (article_id) * FROM records ORDER BY article_id, revision DESC, enrichment DESC
) AS latest
WHERE change <> 'WITHDRAWN';

-- How many records of each change were read on each day. Unlike an upsert, a sum shows whether a record was applied twice.
CREATE TABLE IF NOT EXISTS arrivals (
    day     date   NOT NULL,
    change  text   NOT NULL,
    records bigint NOT NULL,
    PRIMARY KEY (day, change)
);

-- The next offset of each partition. It changes in the transaction that applies the records before it.
CREATE TABLE IF NOT EXISTS positions (
    topic     text    NOT NULL,
    partition integer NOT NULL,
    position  bigint  NOT NULL,
    PRIMARY KEY (topic, partition)
);

COMMIT;
