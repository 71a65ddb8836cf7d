"""The demo's register: Gemeente Spaarnewoude, its recipients and what they may ask (stories 1 and 2, and our own uses).

Articles are from general knowledge and have to be confirmed by a lawyer or the FG before anybody relies on them.
"""

from assembly.demo.own_uses import behalf, sheltering
from assembly.demo.versions import activity, element
from consent.contract import ActivityVersion, Recipient, Words

TENANT = "gm9901"
MUNICIPALITY = "Gemeente Spaarnewoude"
STORY, MOVING, EXERCISE = "minimaregeling-witgoed", "verhuizing-verwerken", "oefening"
EMERGENCY, CALLED = "hulp-bij-levensgevaar", "belt-om-hulp"  # an activity for emergencies, and a reason of it
VAULT, INSIGHT, OVERSIGHT = "regie-kluis", "regie-inzage", "logboek"  # our own uses; more in own_uses
INCOME, INCOME_ANSWER = "inkomen.brutoPerMaand", "inkomen.isHoogstens110ProcentSociaalMinimum"
BY_LAW = ("brp.naam", "brp.adres", "brp.leeftijd.isMeerderjarig")
EXERCISES = ("kluis.oefening.een", "kluis.oefening.twee")
LOAN_DESK, CIVIL_AFFAIRS, TRAINERS, SELF = "inkomensloket", "burgerzaken", "oefenpartij", "gemeente-spaarnewoude"


def recipients() -> tuple[Recipient, ...]:
    """Everybody who may receive, named as in the middle of a sentence; their applications are added when the demo makes
    their keys."""
    return (
        _recipient(LOAN_DESK, "00000001099010000001", "het Inkomensloket", "Income Support"),
        _recipient(CIVIL_AFFAIRS, "00000001099010000002", "Burgerzaken", "Civil Affairs"),
        _recipient(TRAINERS, "00000001099010000003", "de Oefenpartij", "the practice partner", by_bsn=False),
        _recipient(SELF, "00000001099010000000", MUNICIPALITY, MUNICIPALITY),
    )


def _recipient(slug: str, oin: str, nl: str, en: str, by_bsn: bool = True) -> Recipient:
    return Recipient(slug=slug, oin=oin, name=Words(nl=nl, en=en), by_bsn=by_bsn)


def activities() -> tuple[ActivityVersion, ...]:
    """What may be asked, by whom, on what ground."""
    return (
        _story(),
        _moving(),
        _exercise(),
        _vault(),
        _insight(),
        _oversight(),
        behalf(SELF),
        sheltering(SELF),
        _emergency(),
    )


def _story() -> ActivityVersion:
    law, giver = "Wet BRP 1.7", "Wet BRP 3.8"
    return activity(
        (STORY, "ServiceAccessDetermination"),
        (LOAN_DESK,),
        (
            element("brp.naam", "A", ("Wie vraagt aan.", "Who applies."), "6(1)(c)", law, giver),
            element("brp.adres", "A", ("Woont u hier.", "Whether you live here."), "6(1)(c)", law, giver),
            element(
                "brp.leeftijd.isMeerderjarig",
                "A",
                ("U heeft recht vanaf 18 jaar.", "You are entitled from 18 years."),
                "6(1)(c)",
                law,
                giver,
            ),
            element(
                INCOME_ANSWER, "C", ("Dit is de grens van de regeling.", "This is the limit of the scheme."), "6(1)(a)"
            ),
            element(
                INCOME, "C", ("Alleen als ja of nee niet genoeg is.", "Only if yes or no is not enough."), "6(1)(a)"
            ),
        ),
        titel={"nl": "Geld voor een wasmachine of koelkast", "en": "Money for a washing machine or a fridge"},
        doel={
            "nl": "Wij kijken of u geld kunt krijgen voor een wasmachine of koelkast.",
            "en": "To see whether you can get money for a washing machine or a fridge.",
        },
        zaak="verplicht",
        terreinen=["geld"],
        maximalePeriode=56,
        frequentie={"keer": 4, "per": "zaak"},
        geschiedenis=92,
        bewaartermijn={"nl": "Tot 5 jaar na het besluit.", "en": "Until 5 years after the decision."},
        gevolgVanWeigeren={
            "nl": "U stuurt dan zelf een bewijs. Uw recht en de tijd blijven gelijk.",
            "en": "You then send proof yourself. Your right and the time stay the same.",
        },
    )


def _moving() -> ActivityVersion:
    law = "Wet BRP 2.39"
    return activity(
        (MOVING, "RecordManagement"),
        (CIVIL_AFFAIRS,),
        (
            element("brp.naam", "A", ("U bent het.", "It is you."), "6(1)(c)", law, "Wet BRP 3.8"),
            element("brp.adres", "A", ("Uw oude adres.", "Your old address."), "6(1)(c)", law, "Wet BRP 3.8"),
        ),
        titel={"nl": "Uw verhuizing", "en": "Your move"},
        doel={
            "nl": "Wij schrijven uw nieuwe adres in. Dat moet van de wet.",
            "en": "To register your new address. The law requires this.",
        },
        zaak="verplicht",
        maximalePeriode=28,
        frequentie={"keer": 1, "per": "zaak"},
        bewaartermijn={"nl": "Zo lang de wet dat zegt.", "en": "As long as the law says."},
        gevolgVanWeigeren={
            "nl": "U kunt geen nee zeggen. Klopt iets niet? Meld het.",
            "en": "You cannot say no. Is something wrong? Tell us.",
        },
    )


def _exercise() -> ActivityVersion:
    return activity(
        (EXERCISE, "ServiceProvision"),
        (TRAINERS, LOAN_DESK),
        tuple(element(name, "C", ("Om te oefenen.", "To practise."), "6(1)(a)") for name in EXERCISES),
        titel={"nl": "Oefening", "en": "Practice"},
        doel={
            "nl": "Wij oefenen met verzonnen gegevens uit de kluis.",
            "en": "To practise with invented data from the vault.",
        },
        terreinen=["geld"],
        maximalePeriode=365,
        bewaartermijn={"nl": "Zij bewaren niets.", "en": "They keep nothing."},
        gevolgVanWeigeren={"nl": "Niets verandert.", "en": "Nothing changes."},
    )


def _vault() -> ActivityVersion:
    return activity(
        (VAULT, "RequestedServiceProvision"),
        (SELF,),
        tuple(
            element(name, "C", ("U bewaart dit zelf.", "You keep this yourself."), "6(1)(a)")
            for name in (INCOME, *EXERCISES)
        ),
        titel={"nl": "Uw eigen kluis", "en": "Your own vault"},
        doel={
            "nl": "U bewaart uw eigen gegevens in een kluis. Alleen u kiest wie ze ziet.",
            "en": "You keep your own data in a vault. Only you choose who sees it.",
        },
        maximalePeriode=3650,
        bewaartermijn={"nl": "Tot u de kluis leegmaakt.", "en": "Until you empty the vault."},
        gevolgVanWeigeren={
            "nl": "U heeft dan geen kluis. Verder verandert niets.",
            "en": "You then have no vault. Nothing else changes.",
        },
    )


def _insight() -> ActivityVersion:
    why = ("U moet kunnen zien wie uw gegevens gebruikte.", "You must be able to see who used your data.")
    return activity(
        (INSIGHT, "LegalCompliance"),
        (SELF,),
        (element("brp.naam", "A", why, "6(1)(c)", "AVG 5(2), 15 en 30", "AVG 15"),),
        titel={"nl": "Het logboek en deze website", "en": "The log and this website"},
        doel={
            "nl": "Wij schrijven op wie uw gegevens gebruikt. U kunt dat hier zien.",
            "en": "We write down who uses your data. You can see that here.",
        },
        maximalePeriode=3650,
        bewaartermijn={"nl": "20 jaar, zoals de wet bij de BRP vraagt.", "en": "20 years, as the law on the BRP asks."},
        gevolgVanWeigeren={
            "nl": "U kunt hier niet kiezen. De wet vraagt dit van ons.",
            "en": "You cannot choose here. The law asks this of us.",
        },
    )


def _oversight() -> ActivityVersion:
    why = ("De FG kijkt na wie gegevens gebruikte.", "The privacy officer checks who used data.")
    return activity(
        (OVERSIGHT, "LegalCompliance"),
        (SELF,),
        (element("brp.naam", "A", why, "6(1)(c)", "AVG 39", "AVG 39"),),
        titel={"nl": "Toezicht op het logboek", "en": "Oversight of the log"},
        doel={
            "nl": "De privacy-toezichthouder kijkt na of gegevens goed zijn gebruikt.",
            "en": "The privacy officer checks whether data was used properly.",
        },
        maximalePeriode=3650,
        bewaartermijn={"nl": "20 jaar.", "en": "20 years."},
        gevolgVanWeigeren={
            "nl": "U kunt hier niet kiezen. De wet vraagt dit van ons.",
            "en": "You cannot choose here. The law asks this of us.",
        },
    )


def _emergency() -> ActivityVersion:
    law, giver = "AVG 6(1)(d)", "Wet BRP 3.8"
    return activity(
        (EMERGENCY, "ProtectionOfPublicSecurity"),
        (LOAN_DESK, CIVIL_AFFAIRS),
        (
            element("brp.naam", "A", ("Om wie het gaat.", "Who it is about."), "6(1)(d)", law, giver),
            element("brp.adres", "A", ("Waar de hulp heen moet.", "Where help must go."), "6(1)(d)", law, giver),
        ),
        titel={"nl": "Hulp bij levensgevaar", "en": "Help when a life is in danger"},
        doel={
            "nl": "Wij zoeken uw adres, zodat er meteen hulp komt.",
            "en": "To find your address, so that help comes at once.",
        },
        noodtoegang={
            "redenen": [
                {"code": CALLED, "nl": "Iemand belde ons en had meteen hulp nodig.",
                 "en": "Somebody called us and needed help at once."},
                {"code": "vermist", "nl": "U was zoek en misschien in gevaar.",
                 "en": "You were missing and maybe in danger."},
                {"code": "ramp", "nl": "Er was brand of een andere ramp bij uw huis.",
                 "en": "There was a fire or another disaster at your home."},
            ]
        },
        maximalePeriode=1,
        bewaartermijn={"nl": "Zij bewaren niets. De hulpdienst wel.", "en": "They keep nothing. The rescuers do."},
        gevolgVanWeigeren={
            "nl": "U kunt hier niet kiezen. Het gaat om een leven.",
            "en": "You cannot choose here. A life is at stake.",
        },
    )  # fmt: skip
