"""What the portal itself asks of the BRP, and why. Articles have to be confirmed, as those of the register."""

from assembly.demo.versions import activity, element
from consent.contract import ActivityVersion

BEHALF, SHELTER = "regie-namens", "regie-veilig-adres"


def behalf(us: str) -> ActivityVersion:
    """Asked of the BRP for who wants to act for a child. us: the municipality."""
    why = ("Zo weten wij of u voor een kind mag kijken.", "So we know whether you may view for a child.")
    return activity(
        (BEHALF, "Verification"),
        (us,),
        (element("brp.gezag", "A", why, "6(1)(c)", "BW 1:245 en AVG 5(1)(f)", "Wet BRP 3.8"),),
        titel={"nl": "Kijken voor iemand anders", "en": "Viewing for somebody else"},
        doel={
            "nl": "Wij kijken of u het gezag heeft over een kind.",
            "en": "To see whether you have parental responsibility for a child.",
        },
        maximalePeriode=3650,
        bewaartermijn={"nl": "Wij bewaren het antwoord niet.", "en": "We do not keep the answer."},
        gevolgVanWeigeren={
            "nl": "U kunt hier niet kiezen. Anders kan iedereen voor een kind kijken.",
            "en": "You cannot choose here. Otherwise anybody could view for a child.",
        },
    )


def sheltering(us: str) -> ActivityVersion:
    """Asked of the BRP when somebody got a safe address. us: the municipality."""
    why = ("Zo kan ook een kind een veilig adres krijgen.", "So a child can have a safe address too.")
    return activity(
        (SHELTER, "ProtectionOfPublicSecurity"),
        (us,),
        (element("brp.gezag", "A", why, "6(1)(d)", "AVG 6(1)(d)", "Wet BRP 3.8"),),
        titel={"nl": "Een veilig adres, ook voor kinderen", "en": "A safe address, for children too"},
        doel={
            "nl": "Wij kijken voor welke kinderen u zorgt, zodat ook hun adres veilig is.",
            "en": "To see which children are in your care, so that their address is safe too.",
        },
        maximalePeriode=3650,
        bewaartermijn={"nl": "Wij bewaren het antwoord niet.", "en": "We do not keep the answer."},
        gevolgVanWeigeren={
            "nl": "U kunt hier niet kiezen. Het gaat om de veiligheid van een kind.",
            "en": "You cannot choose here. A child's safety is at stake.",
        },
    )
