-- btree_gist: equality of a number inside an exclusion constraint. pg_trgm: LIKE '%…%' by index.
CREATE EXTENSION IF NOT EXISTS btree_gist;
--> statement-breakpoint
CREATE EXTENSION IF NOT EXISTS pg_trgm;
--> statement-breakpoint
-- One form for what people type differently: case, and the apostrophes of Oʻzbek (ʻ ʼ ‘ ’ ` ´ ').
CREATE FUNCTION search_fold(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN lower(translate(value, 'ʻʼ‘’`´', ''''''''''''''));
--> statement-breakpoint
-- What a search looks in: the folded text, and once more without apostrophes, so that "otkir" finds Oʻtkir.
CREATE FUNCTION search_text(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN search_fold(value) || ' ' || replace(search_fold(value), '''', '');
--> statement-breakpoint
-- A LIKE pattern that finds one searched word anywhere; % _ and \ in it are letters.
CREATE FUNCTION search_pattern(word text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN '%' || replace(replace(replace(search_fold(word), '\', '\\'), '%', '\%'), '_', '\_') || '%';
