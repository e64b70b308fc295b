"""The shipped language detector, through its public interface."""

# ruff: noqa: RUF001 - the letters that look like others are what is tested

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevoice.errors import InputError
from carevoice.language import LanguageDetector, LanguagePrior, load_detector
from carevoice.results import SUPPORTED, Language

EVERYDAY = {
    "en": """Nothing|None|Good|Nothing really|Thanks|Thank you|Great|Friendly staff|Yes|Staff|Nurses|Food|
        Waiting time|Cleanliness|Everything|Nothing to improve|Very good|All good|Kindness|No comment|Nope|
        The doctor|Brilliant|Not applicable|Better food|More staff|Lovely people|NOTHING|nothing|Nothing!!!|
        Long wait|Amazing|Helpful|Don't know|Don’t know|No complaints|Keep it up|thankyou|Gooood""",
    "fr": """Rien|RAS|Néant|Merci|Très bien|Parfait|Bonjour|Accueil|Propreté|Oui|L'accueil|L’accueil|
        L'écoute|Rien à signaler|rien a signaler|Le personnel|Les repas|Repas|Gentillesse|Rapidité|Bruit|
        Les infirmières|Infirmières|Trop d'attente|L'attente|Aucune|Aucun commentaire|Tout|Très bon accueil|
        TRES BIEN|Tres bien|MERCI|merciiii|Je ne sais pas|Pas grand chose|Tout était bien|Propre|Médecin|
        Nourriture|Le bruit|C'est parfait|Le parking""",
    "es": """Nada|Ninguno|Ninguna|Gracias|Muy bien|Todo bien|Excelente|Limpieza|Bueno|Amabilidad|Todo|
        La comida|Comida|Enfermeras|Las enfermeras|Médico|La doctora|Ruido|Nada que mejorar|Muchas gracias|
        Buena atención|La atención|Atencion|Rapidez|No sé|Sin comentarios|El trato|Trato|Muy amables|
        MUY BIEN|nada|NADA|Graciasss|Tiempo de espera|La espera|Todo perfecto|Muy bueno|Puntualidad|
        El aparcamiento|Estacionamiento""",
}
#: Words of two or three of the served languages.
SHARED = ["Parking", "Excellent", "Hospital", "Personal", "Bien", "No", "Si", "Non", "Super", "Wifi", "OK"]
NO_EVIDENCE = [
    "",
    " ",
    "N/A",
    "n/a",
    "N.A.",
    "NA",
    "-",
    "--",
    "...",
    ".",
    "?",
    "👍",
    "👍👍 🙂",
    "10/10",
    "10",
    "5 / 5",
    "12.03.2024",
    "x",
    "A+",
    "\u200b",
    "https://example.org/good/food",
    "someone@example.org",
]
OTHER_SENTENCES = [
    "Die Schwestern waren sehr freundlich, aber wir mussten drei Stunden auf den Arzt warten.",
    "As enfermeiras foram muito simpáticas, mas esperámos três horas pelo médico.",
    "Le infermiere sono state gentilissime, però abbiamo aspettato tre ore prima di vedere il dottore.",
    "Les infermeres van ser molt amables, però vam esperar tres hores fins que ens va veure el metge.",
    "De verpleegkundigen waren heel vriendelijk, maar we moesten drie uur op de dokter wachten.",
    "Asistentele au fost foarte amabile, dar am așteptat trei ore până să vină medicul.",
    "Sjuksköterskorna var mycket vänliga men vi fick vänta tre timmar på läkaren.",
    "Pielęgniarki były bardzo miłe, ale na lekarza czekaliśmy trzy godziny.",
    "Hemşireler çok nazikti ama doktoru üç saat bekledik.",
    "Erizainak oso atseginak izan ziren, baina hiru ordu itxaron behar izan genuen medikua etorri arte.",
    "Mababait ang mga nars pero tatlong oras kaming naghintay sa doktor.",
    "Các y tá rất tử tế nhưng chúng tôi phải đợi bác sĩ ba tiếng đồng hồ.",
    "Perawatnya sangat ramah, tetapi kami harus menunggu dokter selama tiga jam.",
    "Sairaanhoitajat olivat todella ystävällisiä, mutta lääkäriä piti odottaa kolme tuntia.",
    "Az ápolók nagyon kedvesek voltak, de három órát vártunk az orvosra.",
    "Медсёстры были очень добры, но врача мы ждали три часа.",
    "كانت الممرضات لطيفات جدا لكننا انتظرنا الطبيب ثلاث ساعات",
    "护士非常友善，但我们等了医生三个小时。",
    "看護師さんはとても親切でしたが、医師を三時間待ちました。",
    "간호사들은 매우 친절했지만 의사를 세 시간 기다렸어요.",
    "Οι νοσοκόμες ήταν πολύ ευγενικές αλλά περιμέναμε τον γιατρό τρεις ώρες.",
    "האחיות היו מאוד נחמדות אבל חיכינו לרופא שלוש שעות",
]
CLEAR = {
    "en": "The nurses on the ward were kind to my mother but nobody told us when she could go home.",
    "fr": "Les infirmières du service ont été gentilles avec ma mère mais personne ne dit quand elle sortira.",
    "es": "Las enfermeras de la planta fueron amables con mi madre, pero nadie nos dijo cuándo le dan el alta.",
}


def everyday() -> list[tuple[str, str]]:
    return [(code, answer.strip()) for code, answers in EVERYDAY.items() for answer in answers.split("|")]


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    return load_detector()


@pytest.mark.parametrize(("code", "answer"), everyday())
def test_detect_everyday_answer(detector: LanguageDetector, code: str, answer: str) -> None:
    assert detector.detect(answer).code == code


@pytest.mark.parametrize("word", SHARED)
def test_detect_word_of_several_served_languages_is_never_other(detector: LanguageDetector, word: str) -> None:
    assert detector.detect(word).code in SUPPORTED


@pytest.mark.parametrize("text", NO_EVIDENCE)
def test_detect_no_evidence(detector: LanguageDetector, text: str) -> None:
    assert detector.detect(text) == Language("und", 0.0)


@pytest.mark.parametrize("text", OTHER_SENTENCES)
def test_detect_refuses_sentences_of_other_languages(detector: LanguageDetector, text: str) -> None:
    language = detector.detect(text)
    assert language.code == "other"
    assert language.confidence > 0.8


@pytest.mark.parametrize(("code", "text"), list(CLEAR.items()))
def test_detect_sentence_is_sure(detector: LanguageDetector, code: str, text: str) -> None:
    for variant in (
        text,
        text.upper(),
        text.replace("'", "’"),
        f"👍 {text} 10/10",
        f"{text} https://example.org",
    ):
        language = detector.detect(variant)
        assert language.code == code
        assert language.confidence > 0.99


def test_detect_sentence_without_accents(detector: LanguageDetector) -> None:
    assert detector.detect("Tres bon accueil, equipe a l ecoute, mais delai tres long").code == "fr"
    assert detector.detect("La atencion fue rapida, la habitacion estaba limpia").code == "es"


def test_detect_sentence_with_slips(detector: LanguageDetector) -> None:
    assert detector.detect("the nurces wer lovley but wating tme was to long").code == "en"
    assert detector.detect("les infirmiere son tre gentile mai lattente et longue").code == "fr"
    assert detector.detect("la enfemera muy amavle pero la espera fue largissima").code == "es"


def test_detect_decomposed_accents_change_nothing(detector: LanguageDetector) -> None:
    assert detector.detect("Tre\u0300s bien, e\u0301quipe a\u0300 l'e\u0301coute") == detector.detect(
        "Très bien, équipe à l'écoute"
    )


def test_detect_few_foreign_letters_do_not_refuse_a_comment(detector: LanguageDetector) -> None:
    assert detector.detect("The interpreter for my mother (Мария) was very helpful").code == "en"


def test_detect_confidence_of_an_unclear_word_is_modest(detector: LanguageDetector) -> None:
    assert detector.detect("Hospital").confidence < 0.9


@given(st.text())
def test_detect_never_raises(text: str) -> None:
    language = load_detector().detect(text)
    assert language.code in (*SUPPORTED, "other", "und")
    assert 0 <= language.confidence <= 1


@given(st.text(st.characters(categories=["Cs", "Co", "Cn", "Mn", "Lo", "Ll"])))
def test_detect_never_raises_on_rare_characters(text: str) -> None:
    assert 0 <= load_detector().detect(text).confidence <= 1


PIECES = st.sampled_from(
    [answer for _, answer in everyday()] + OTHER_SENTENCES + SHARED + NO_EVIDENCE + list(CLEAR.values())
)


@given(st.lists(PIECES | st.text(max_size=30), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_detect_batch_does_not_depend_on_neighbours(texts: list[str], random: object) -> None:
    detector = load_detector()
    prior = LanguagePrior(0.1, 0.7, 0.1, 0.1)
    together = dict(zip(texts, detector.detect_batch(texts, prior), strict=True))
    shuffled = list(texts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for text, language in zip(shuffled, detector.detect_batch(shuffled, prior), strict=True):
        assert language == together[text]
        assert detector.detect_batch([text], prior) == [language]


def test_detect_batch_longer_than_a_chunk(detector: LanguageDetector) -> None:
    texts = [answer for _, answer in everyday()] * 60
    once = detector.detect_batch(texts[: len(texts) // 60])
    assert detector.detect_batch(texts) == once * 60


def test_detect_batch_of_nothing(detector: LanguageDetector) -> None:
    assert detector.detect_batch([]) == []


def test_detect_from_several_threads(detector: LanguageDetector) -> None:
    texts = [answer for _, answer in everyday()] + OTHER_SENTENCES
    expected = detector.detect_batch(texts)
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: detector.detect_batch(texts), range(32)):
            assert found == expected


def test_detect_long_text_is_fast_and_read_whole(detector: LanguageDetector) -> None:
    sentence = CLEAR["fr"] + " "
    begin = time.process_time()
    assert detector.detect("Nothing " + sentence * (200_000 // len(sentence))).code == "fr"
    for monster in (
        "a" * 200_000,
        "é" * 200_000,
        "x " * 100_000,
        "👍" * 200_000,
        "中" * 200_000,
        "a'" * 100_000,
    ):
        detector.detect(monster)
    assert time.process_time() - begin < 3


def test_load_detector_unknown_name() -> None:
    with pytest.raises(InputError, match="ngram, langdetect"):
        load_detector("fasttext")
