"""Whether a noun is feminine, where "1" before it is said by its gender: "eine Birne", "une clé".

By ending, with lists of the exceptions that are frequent in requests: no lexicon is shipped. How
often that is right is measured by `eval.speech.genders`.
"""

from __future__ import annotations

import re

__all__ = ["french", "german", "spanish"]

_DE_FEMININE = re.compile(
    r"(?:.ung|heit|keit|schaft|.ion|.tät|.ik|[^aeiou]ei|.enz|.anz|.ur|[^aeiou]erin|.e"
    # last parts of compounds, and loans of requests
    r"|zeit|arbeit|nachricht|nacht|hand|(?<!auf)wand|bank|bahn|stadt|tür|uhr|frau|mutter|tochter|milch"
    r"|nummer|zahl|form|wurst|butter|frucht|schüssel|kugel|gabel|regel|insel|ampel|tafel|staffel"
    r"|zwiebel|kartoffel|nudel|semmel|schachtel|feder|feier|kammer|schwester|mauer|villa|fahrt|antwort|post|luft"
    r"|box|bar|pizza|cola|limo|app|mail|sms|playlist|party|show|kamera|firma|liga|saison|paprika"
    r"|mango|avocado|kiwi|ananas|aubergine|zucchini|salami|mozzarella|freundin|person|creme|info"
    r"|couch|jeans|kuh|^maus|gans|(?:^|[dlt])nuss|wahl|schrift|(?<!ge)sicht|schicht|last|^lust|kunst|angst"
    r"|kraft|art|maut|mark|million|haut|frist|wehr|gebühr|gefahr|butter|email|oma|basis|praxis|story|city|cloud"
    r"|n[td]in|istin|llegin|chefin|ärztin|königin|nachbarin|bibliothek|diskothek|oper|jury|burg)$"
)
_DE_OTHER = re.compile(
    r"^ge(?!schichte$|meinde$|ste$|rste$|fahr$|bühr$)[a-zäöü]+e$|(?:sprung|schwung|schwanz|(?:^|[^spk])tanz|"
    r"glanz|kranz|flur|abitur|knie|stadion|gebäude|gemüse|gelände|gewürze"
    r"|name|^kunde|^junge|käse|kaffee|tee|see|klee|schnee|café|^ende|nende|auge|interesse|buchstabe|kollege"
    r"|neffe|löwe|^affe|^hase|gedanke|zeuge|experte|finale|code|service|single|smartphone|date|update"
    r"|upgrade|bike|store|guide|image|college|ensemble|regime|repertoire|promille|tausende|eur"
    r"|drache|^riese|same|bote|russe|franzose|chinese|schwede|funke|brei|schrei|blei|zombie|monat"
    r"|start|quart|markt|spart|salat|automat|skat|spinat|bart|hubschrauber|gast|palast|kontrast"
    r"|ballast|standort|barbar|kaviar|jaguar|altar|radar|samowar)$"
)


def german(noun: str) -> bool:
    """By ending: "-e", "-ung", "-heit", ... and frequent last parts of compounds."""
    word = noun.lower()
    return bool(_DE_FEMININE.search(word)) and not _DE_OTHER.search(word)


_FR_FEMININE = re.compile(
    r"(?:[tsx]ion|[gn]ion|aison|.té|tié|ée|(?<!ag)(?<!sm)(?<!air)(?<!oir)(?<!tr)(?<!br)"
    r"(?<!cl)(?<!bl)(?<!mm)(?<!èm)(?<!êm)(?<!phon)(?<!scop)(?<!exempl)e"
    r"|fleur|couleur|valeur|chaleur|douceur|longueur|hauteur|vapeur|faveur|peur|erreur|odeur|fois"
    r"|(?:^|[^n])page|image|plage|cage|table|cible|ombre|chambre|lettre|fenêtre|montre|rencontre"
    r"|victoire|histoire|mémoire|poire|foire|armoire|baignoire|affaire|paire|gomme|pomme|somme"
    r"|femme|flamme|gamme|crème|^fin|^nuit|^main|^mer|^eau|vidéo|photo|radio|télé|météo|moto|chanson"
    r"|boisson|leçon|façon|prison|clé|clef|souris|caméra|pizza|voix|croix|noix|appli|info|playlist"
    r"|forêt|^dent|^part|société|douleur|humeur|largeur|saveur|gloire|(?:^|-)vis|sœur|cuiller|fourmi|loi|foi|tribu)$"
)
_FR_OTHER = re.compile(
    r"(?:musée|lycée|trophée|côté|^été|comité|traité|pâté|groupe|titre|code|mode|service"
    r"|article|nombre|épisode|siècle|problème|poste|reste|texte|compte|acte|centre|monde|type|style"
    r"|angle|cercle|siège|signe|litre|mètre|degré|silence|concombre|légume|beurre|sucre|verre|livre"
    r"|prince|oncle|peuple|temple|couple|disque|masque|risque|kiosque|chèque|moustique|domaine"
    r"|magazine|homme|costume|volume|parfum|régime|crime|film|rythme|stade|grade|malade|délice"
    r"|(?<!é)ice|commerce|divorce|pouce|meuble|immeuble|guide|vide|mensonge|linge|singe|piège"
    r"|manège|collège|privilège|refuge|garage|geste|modèle|rôle|contrôle|symbole|pôle|mobile|bol"
    r"|crocodile|domicile|fleuve|rêve|élève|cône|trône|patrimoine|gène|oxygène|vote|pilote|^site"
    r"|mérite|gîte|doute|insecte|contexte|culte|diplôme|atome|arôme|fantôme|royaume|champagne"
    r"|peigne|cygne|règne|incendie|génie|parapluie|foie|squelette|dialogue|catalogue|cirque"
    r"|plastique|genre|père|frère|âge|ordre|terme|dimanche|principe|ministère|caractère|sexe"
    r"|empire|sourire|chiffre|phénomène|véhicule|mélange|score|automne|tome|luxe|pétrole|navire"
    r"|^axe|drame|charme|mystère|scandale|casque|uniforme|acide|tube|conte|reproche|cimetière"
    r"|portefeuille|coffre|globe|mythe|satellite|verbe|paragraphe|phare|remède|single|chêne|module"
    r"|missile|square|âne|drone|intervalle|textile|barbecue|cube|poivre|palace|vinaigre|gymnase"
    r"|yaourt|dentifrice|exercice|office|bénéfice|centime|décime|café|thé|blé|congé|marché|quai)$"
)
_FR_ICE = re.compile(r"(?:police|notice|justice|glace|épice|cicatrice|actrice|trice|hélice)$")


def french(noun: str) -> bool:
    """By ending: "-e" but for "-age", "-isme", "-aire", ...; "-tion", "-té"; "-ée"."""
    word = noun.casefold()
    if _FR_ICE.search(word):
        return True
    return bool(_FR_FEMININE.search(word)) and not _FR_OTHER.search(word)


_ES_MASCULINE_A = re.compile(
    r"(?:^|[^a-záéíóúñ])(?:día|dálmata|mapa|planeta|poeta|cometa|sofá|papá|tranvía|pijama|yoga"
    r"|gorila|agua|águila|arma|hacha|aula|área|alma|hambre|ancla)$"
    r"|(?:blema|grama|tema|sistema|idioma|poema|clima|dilema|esquema|lema|síntoma|aroma|drama|ista)$"
)
_ES_FEMININE = re.compile(
    r"(?:a|[csgnx]ión|[tdl]ad|tud|umbre|ez|triz|sis|itis|ie)$"
    r"|^(?:noche|tarde|clase|llave|nube|leche|carne|calle|sangre|gente|fuente|mente|suerte|muerte"
    r"|parte|frase|base|fase|foto|moto|mano|radio|imagen|orden|sal|miel|flor|señal|piel|cárcel|luz"
    r"|cruz|vez|voz|paz|nuez|pared|red|ley|serie|torre|nave|fiebre|tos|crisis|hamburguesa|web|app"
    r"|playlist|mujer|labor|sartén|razón|canción|estación|opción|sed|catedral|capital|central)$"
)
_ES_NOT_Z = re.compile(r"^(?:pez|juez|ajedrez|diez|doblez)$")


def spanish(noun: str) -> bool:
    """By ending: "-a", "-ción", "-dad", ...; nouns like "agua" take "un"."""
    word = noun.casefold()
    if _ES_MASCULINE_A.search(word) or _ES_NOT_Z.search(word):
        return False
    return bool(_ES_FEMININE.search(word))
