-- Names and specializations are found in either script, and ordered by the reader's alphabet.
--
-- Locks, until the migrations end: ACCESS EXCLUSIVE on users, which is written anew (one pass, some seconds for 100,000
-- people, while signed-in requests wait); SHARE on doctor_profiles and waitlist_entries and ACCESS EXCLUSIVE on their
-- indexes that are built anew, both small. Processes of the version before go on working: the functions keep their names.
--
-- What a text is looked for as it is written: any case, any apostrophe or none. A part of a word finds the whole.
CREATE FUNCTION search_plain(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN lower(translate(normalize(value, NFC), '''`ʻʼ‘’´′ʹʽʾʿˈ‛＇', ''));
--> statement-breakpoint
-- One form for what is said alike: both scripts of Uzbek and of Karakalpak, Russian, and Russian names in Latin. All that
-- it gives of them is ASCII, whatever the locale of the database. What must meet:
--   ё е ye yo (Семёнова, Семенова, Semyonova) · х ҳ x kh h · к қ q k · г ғ gʻ gh g · ў oʻ o · й ы и y i · ж дж zh dj j ·
--   щ shch sch ш sh · ц as Uzbek writes it, ts between vowels and s after a consonant · Karakalpak ў after a vowel, w, в v.
CREATE OR REPLACE FUNCTION search_fold(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  folded text := value;
BEGIN
  -- Most of what is folded is ASCII and skips what is not for it.
  IF octet_length(folded) > length(folded) THEN
    folded := translate(normalize(folded, NFC), 'ʻʼ‘’´′ʹʽʾʿˈ‛＇ЪЬъь', '');
  END IF;
  IF octet_length(folded) > length(folded) THEN
    IF folded ~ '[Ўў]' THEN
      folded := regexp_replace(folded, '([аеёиоуыэюяәөүАЕЁИОУЫЭЮЯӘӨҮ])[Ўў]', '\1v', 'g');
    END IF;
    folded := translate(folded,
      'абвгдеёзийклмнопрстуфхыэўқғҳәөүңһі' || 'АБВГДЕЁЗИЙКЛМНОПРСТУФХЫЭЎҚҒҲӘӨҮҢҺІ' || 'ıİ‐‑‒–—―' || chr(160),
      'abvgdeeziyklmnoprstufhieokghaounhi' || 'abvgdeeziyklmnoprstufhieokghaounhi' || 'ii       ');
    IF folded ~ '[ЖЦЧШЩЮЯжцчшщюя]' THEN
      folded := translate(folded, 'ЖЦЧШЩЮЯ', 'жцчшщюя');
      folded := replace(replace(replace(folded, 'ж', 'j'), 'ю', 'yu'), 'я', 'ya');
      folded := replace(replace(replace(replace(folded, 'ц', 'ts'), 'ч', 'ch'), 'ш', 'sh'), 'щ', 'sh');
    END IF;
    IF octet_length(folded) > length(folded) THEN
      folded := regexp_replace(normalize(folded, NFD), '[\u0300-\u036f]', '', 'g');
    END IF;
  END IF;
  folded := lower(translate(folded, '-''`', ' ') COLLATE "C");
  folded := replace(replace(replace(folded, 'yo', 'e'), 'ye', 'e'), 'kh', 'h');
  folded := replace(replace(replace(folded, 'zh', 'j'), 'dj', 'j'), 'gh', 'g');
  IF strpos(folded, 'ts') > 0 THEN
    folded := regexp_replace(folded, '([bcdfgklmnprvz])ts', '\1s', 'g');
  END IF;
  IF strpos(folded, 'c') > 0 THEN
    folded := replace(replace(folded, 'shch', 'sh'), 'sch', 'sh');
    folded := regexp_replace(regexp_replace(folded, 'c(?=[eiy])', 's', 'g'), 'c(?!h)', 'k', 'g');
  END IF;
  -- Elsewhere x is the Uzbek one.
  IF strpos(folded, 'x') > 0 THEN
    folded := replace(replace(folded, 'alex', 'aleks'), 'maxim', 'maksim');
  END IF;
  folded := replace(translate(folded, 'xyqw', 'hikv'), 'ii', 'i');
  WHILE strpos(folded, '  ') > 0 LOOP
    folded := replace(folded, '  ', ' ');
  END LOOP;
  RETURN folded;
END $$;
--> statement-breakpoint
-- What a search looks in: the text as it is written, and as it is said. A line of its own for each, so that no word begins
-- in one and ends in the other.
CREATE OR REPLACE FUNCTION search_text(value text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN search_plain(value) || chr(10) || search_fold(value);
--> statement-breakpoint
-- LIKE patterns that find one searched word anywhere, as it is said and as it is written; % _ and \ in it are letters. What
-- is found by either is found: a part of a word may end within what is said as one, as "muk" does of Mukhammad.
CREATE OR REPLACE FUNCTION search_pattern(word text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN '%' || replace(replace(replace(search_fold(word), '\', '\\'), '%', '\%'), '_', '\_') || '%';
--> statement-breakpoint
CREATE FUNCTION search_plain_pattern(word text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN '%' || replace(replace(replace(search_plain(word), '\', '\\'), '%', '\%'), '_', '\_') || '%';
--> statement-breakpoint
-- Where a name stands in the alphabet of whoever reads the list, to be compared byte by byte (COLLATE "C"): on every server
-- alike, whatever its version of ICU, so that an index may rest on it. All signs of one letter are one.
--   uz: A to Z, then Oʻ, Gʻ, Sh, Ch; a name in Cyrillic stands where its Latin spelling would.
--   ru: А to Я, Ё with Е, other letters of Cyrillic with those they look like; then Latin.
--   en: A to Z; then Cyrillic in the same order.
CREATE FUNCTION name_order(value text, reader text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  small text := translate(normalize(value, NFC),
    'АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯЎҚҒҲӘӨҮҢҺІ' || '`ʻʼ‘’´′ʹʽʾʿˈ‛＇',
    'абвгдеёжзийклмнопрстуфхцчшщъыьэюяўқғҳәөүңһі' || '''''''''''''''''''''''''''''');
BEGIN
  IF reader = 'uz' THEN
    -- Е is read ye where no consonant comes before it, and сҳ is no letter.
    small := regexp_replace(small, '(^|[ аеёиоуыэюяўъь-])е', '\1йе', 'g');
    small := replace(replace(replace(small, 'сҳ', 'с''ҳ'), 'ў', 'o'''), 'ғ', 'g''');
    small := replace(replace(replace(replace(small, 'ё', 'yo'), 'ю', 'yu'), 'я', 'ya'), 'ц', 'ts');
    small := replace(replace(replace(small, 'ч', 'ch'), 'ш', 'sh'), 'щ', 'sh');
    small := translate(small, 'абвгдежзийклмнопрстуфхыэқҳәөүңһіъь', 'abvgdejziyklmnoprstufxieqhaounhi');
  ELSE
    small := translate(small, 'ёўқғҳәөүңһі', 'еукгхаоунхи');
  END IF;
  -- Accents do not count; those letters of Cyrillic that are more than one sign then are none of the above.
  IF small ~ '[^ -~а-яё]' THEN
    small := normalize(regexp_replace(normalize(small, NFD), '([a-zA-Z])[\u0300-\u036f]+', '\1', 'g'), NFC);
  END IF;
  small := lower(small COLLATE "C");
  IF reader = 'uz' THEN
    small := replace(replace(replace(replace(small, 'o''', '{'), 'g''', '|'), 'sh', '}'), 'ch', '~');
  ELSIF reader = 'ru' THEN
    small := translate(small, 'abcdefghijklmnopqrstuvwxyz', 'ａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ');
  END IF;
  RETURN translate(small, '''', '');
END $$;
--> statement-breakpoint
-- Kept beside what it is made of: to make it again for each row that an index only suspects would cost more than all else.
DROP INDEX "users_contact_search";
--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "searched" text GENERATED ALWAYS AS (search_text("username" || ' ' || coalesce("first_name", '') || ' ' || coalesce("last_name", '') || ' ' || coalesce("email", '') || ' ' || coalesce("phone", ''))) STORED;
--> statement-breakpoint
CREATE INDEX "users_searched" ON "users" USING gin ("searched" gin_trgm_ops);
--> statement-breakpoint
DROP INDEX "users_directory";
--> statement-breakpoint
CREATE INDEX "users_directory_uz" ON "users" USING btree (name_order("last_name", 'uz') COLLATE "C",name_order("first_name", 'uz') COLLATE "C","id") WHERE role = 'doctor' and is_active;
--> statement-breakpoint
CREATE INDEX "users_directory_ru" ON "users" USING btree (name_order("last_name", 'ru') COLLATE "C",name_order("first_name", 'ru') COLLATE "C","id") WHERE role = 'doctor' and is_active;
--> statement-breakpoint
CREATE INDEX "users_directory_en" ON "users" USING btree (name_order("last_name", 'en') COLLATE "C",name_order("first_name", 'en') COLLATE "C","id") WHERE role = 'doctor' and is_active;
--> statement-breakpoint
-- What rests on the functions that mean something else now; of users the new column has built all anew.
REINDEX INDEX "doctor_profiles_specialization";
--> statement-breakpoint
REINDEX INDEX "doctor_profiles_specialization_search";
--> statement-breakpoint
REINDEX INDEX "waitlist_entries_specialization";
--> statement-breakpoint
REINDEX INDEX "waitlist_entries_specialization_until";
