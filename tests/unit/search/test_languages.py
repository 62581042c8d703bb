"""Questions in other languages: everyday ones are not answered, and a topic's English name is found inside them."""

from __future__ import annotations

import pytest

from knowledge.model import Library

# The last ones of a language hold words that look like the base's: the Portuguese "data" is a day.
EVERYDAY = {
    "de": (
        "Wie wird das Wetter morgen in Hamburg?",
        "Ich suche ein gutes Rezept für Apfelkuchen.",
        "Wann fährt der nächste Zug nach München?",
        "Mein Hund frisst seit gestern nichts mehr.",
        "Guten Morgen, wie geht es dir?",
        "Danke, das hat mir sehr geholfen",
        "Mein Monitor flackert, seit die Katze auf dem Kabel schläft",
        "Der Kapitän hat den falschen Container im Hafen abgeladen",
    ),
    "fr": (
        "Quel temps fera-t-il demain à Lyon ?",
        "Où puis-je acheter du pain frais ?",
        "Mon chat ne veut plus manger.",
        "À quelle heure part le train pour Paris ?",
        "Bonjour, comment ça va ?",
        "J'ai mal à la tête depuis hier",
        "Le service était lent mais le dessert était bon",
        "Quelle est la distance entre Nice et Cannes ?",
    ),
    "es": (
        "¿Qué tiempo hará mañana en Sevilla?",
        "¿Dónde puedo comprar pan fresco?",
        "Mi perro no quiere comer.",
        "¿A qué hora sale el tren para Madrid?",
        "Hola, ¿cómo estás?",
        "Me duele la cabeza desde ayer",
        "Hay muchas nubes en la playa hoy",
        "La policía dio la alerta por la tormenta",
    ),
    "it": (
        "Che tempo farà domani a Napoli?",
        "Dove posso comprare il pane fresco?",
        "Il mio cane non vuole mangiare.",
        "A che ora parte il treno per Roma?",
        "Ciao, come stai?",
        "Mi fa male la testa da ieri",
        "Il servizio in camera costa troppo",
        "In che data sei nato?",
    ),
    "pt": (
        "Como vai estar o tempo amanhã em Lisboa?",
        "Onde posso comprar pão fresco?",
        "O meu cão não quer comer.",
        "A que horas parte o comboio para o Porto?",
        "Olá, tudo bem?",
        "Dói-me a cabeça desde ontem",
        "Qual é a data da festa da tua irmã?",
        "Ele tem um carro novo e uma casa no campo",
    ),
    "nl": (
        "Wat voor weer wordt het morgen in Utrecht?",
        "Waar kan ik vers brood kopen?",
        "Mijn hond wil niet eten.",
        "Hoe laat vertrekt de trein naar Amsterdam?",
        "Hallo, hoe gaat het?",
        "Ik heb sinds gisteren hoofdpijn",
        "Welke data komen jou uit voor het feest?",
        "Hij is net over de brug gelopen",
    ),
    "pl": (
        "Jaka będzie jutro pogoda w Krakowie?",
        "Gdzie mogę kupić świeży chleb?",
        "Mój pies nie chce jeść.",
        "O której odjeżdża pociąg do Warszawy?",
        "Cześć, jak się masz?",
        "Od wczoraj boli mnie głowa",
        "Na jaki adres wysłać list do babci?",
        "Ten sweter jest za mały na mnie",
    ),
    "ru": (
        "Какая завтра будет погода в Москве?",
        "Где можно купить свежий хлеб?",
        "Моя собака не хочет есть.",
        "Во сколько отходит поезд в Казань?",
        "Привет, как дела?",
        "У меня со вчерашнего дня болит голова",
    ),
    "zh": (
        "明天北京天气怎么样？",
        "哪里可以买到新鲜的面包？",
        "我的狗不想吃东西。",
        "去上海的火车几点开？",
        "你好，最近怎么样？",
        "我想买一件T恤和一台TV",
    ),
    "ja": (
        "明日の東京の天気はどうですか？",
        "新鮮なパンはどこで買えますか？",
        "うちの犬がご飯を食べません。",
        "大阪行きの電車は何時に出ますか？",
        "こんにちは、お元気ですか？",
        "新しいTVとPCを買いました",
    ),
    "ar": (
        "كيف سيكون الطقس غدا في القاهرة؟",
        "أين يمكنني شراء خبز طازج؟",
        "كلبي لا يريد أن يأكل.",
        "متى يغادر القطار إلى الإسكندرية؟",
        "مرحبا، كيف حالك؟",
    ),
    "hi": (
        "कल दिल्ली में मौसम कैसा रहेगा?",
        "ताज़ी रोटी कहाँ मिलेगी?",
        "मेरा कुत्ता खाना नहीं खा रहा है।",
        "मुंबई की ट्रेन कब जाती है?",
        "नमस्ते, आप कैसे हैं?",
    ),
    "tr": (
        "Yarın İstanbul'da hava nasıl olacak?",
        "Taze ekmeği nereden alabilirim?",
        "Köpeğim yemek yemek istemiyor.",
        "Ankara'ya tren saat kaçta kalkıyor?",
        "Merhaba, nasılsın?",
        "Dünden beri başım ağrıyor",
    ),
}

ASKING = {
    "de": ("Was ist {}?", "Kannst du mir {} erklären?", "Warum ist {} so wichtig?"),
    "fr": ("Qu'est-ce que {} ?", "Peux-tu m'expliquer {} ?"),
    "es": ("¿Qué es {}?", "¿Me puedes explicar {}?", "¿qué significa {} exactamente?"),
    "it": ("Che cos'è {}?", "Mi spieghi {}?"),
    "pt": ("O que é {}?", "Podes explicar-me {}?"),
    "nl": ("Wat is {}?", "Kun je {} uitleggen?"),
    "pl": ("Co to jest {}?", "Wyjaśnij mi {}"),
    "ru": ("Что такое {}?", "Расскажи мне про {}"),
    "zh": ("什么是 {}？", "请解释一下{}"),
    "ja": ("{} について教えてください", "{}とは何ですか？"),
    "ar": ("ما هو {}؟", "اشرح لي {}"),
    "hi": ("{} क्या है?", "मुझे {} समझाओ"),
    "tr": ("{} nedir?", "Bana {} anlatır mısın?"),
}
NAMED = {
    "Kubernetes": "concept/kubernetes",
    "Docker": "concept/containers",
    "fault tolerance": "practice/fault-tolerance",
    "data engineering": "skill/data-engineering",
    "Apache Spark": "concept/apache-spark",
    "GDPR": "concept/gdpr",
    "Prometheus": "concept/prometheus",
    "Scalability": "practice/scalability",
    "encryption": "concept/encryption",
    "DevOps Engineer": "career/devops-engineer",
    "Site Reliability Engineer": "career/sre",
    "CI/CD": "concept/ci-cd",
}


@pytest.mark.parametrize("language", EVERYDAY)
def test_everyday_sentences_are_not_answered(library: Library, language: str) -> None:
    answered = {text: library.find(text) for text in EVERYDAY[language]}

    assert not {text: found for text, found in answered.items() if found.decision == "answer"}


@pytest.mark.parametrize("language", ASKING)
def test_a_name_inside_a_foreign_question_is_found(library: Library, language: str) -> None:
    missed = {}
    for asking in ASKING[language]:
        for name, topic in NAMED.items():
            found = library.find(asking.format(name))
            if not found.matches or found.matches[0].id != topic or found.decision == "unknown":
                missed[asking.format(name)] = (found.decision, found.confidence, [m.id for m in found.matches[:2]])

    assert not missed


@pytest.mark.parametrize(
    "text", ["Kubernetesとは何ですか", "请解释一下Kubernetes", "Kubernetes는 무엇입니까", "ما هو الKubernetes"]
)
def test_a_name_need_not_stand_apart_from_another_script(library: Library, text: str) -> None:
    assert library.find(text).matches[0].id == "concept/kubernetes"
