"""Our words in the Data Privacy Vocabulary (W3C DPV 2.3), for exports and for receipts. Pure.

The lists are those terms that a municipality needs, no copy of the vocabulary; a test compares them with its published
files where those are there. A code that is not listed is refused at publication: a typo would travel unseen.
"""

import re
from types import MappingProxyType
from typing import Final

from consent.activity import ActivityVersion, UsedElement

DPV, PD, GDPR = "https://w3id.org/dpv#", "https://w3id.org/dpv/pd#", "https://w3id.org/dpv/legal/eu/gdpr#"
_BASIS = re.compile(r"([69])\(([12])\)\(([a-j])\)")

PURPOSES: Final = frozenset(
    DPV + term
    for term in (
        "AcademicResearch", "AccountManagement", "AgeVerification", "CommunicationManagement", "DisputeManagement",
        "EnforceSecurity", "FraudPreventionAndDetection", "FulfilmentOfObligation", "IdentityVerification",
        "ImproveHealthcare", "ImprovePublicServices", "ImproveTransportMobility", "LegalCompliance",
        "MisusePreventionAndDetection", "NonCommercialResearch", "OrganisationGovernance", "PaymentManagement",
        "ProtectionOfPublicSecurity", "ProvideOfficialStatistics", "PublicBenefit", "PublicPolicyMaking",
        "RecordManagement", "RequestedServiceProvision", "RightsFulfilment", "ScientificResearch",
        "ServiceAccessDetermination", "ServiceProvision", "ServiceRegistration", "Verification",
    )
)  # fmt: skip
DATA: Final = frozenset(
    PD + term
    for term in (
        "Age", "AgeExact", "BankAccount", "BirthCountry", "BirthDate", "BirthPlace", "Contact", "Criminal",
        "CurrentEmployment", "Disability", "Divorce", "Education", "EducationQualification", "EmailAddress",
        "EthnicOrigin", "Family", "FamilyStructure", "Financial", "FinancialStatus", "Gender", "Health",
        "HealthRecord", "HouseOwned", "Household", "Identifying", "Income", "IncomeBracket", "Language",
        "MaritalStatus", "Marriage", "MentalHealth", "Name", "Nationality", "OfficialID", "Offspring", "Ownership",
        "Parent", "PersonalPossession", "PhysicalAddress", "PhysicalHealth", "Picture", "PostalCode", "Professional",
        "Religion", "Residency", "Salary", "School", "Tax", "TelephoneNumber", "VehicleLicense", "Vehicle",
        "Vulnerability",
    )
)  # fmt: skip
SPECIAL_DATA: Final = frozenset(  # AVG 9(1) and 10: these need a ground of their own
    PD + term
    for term in (
        "Criminal", "Disability", "EthnicOrigin", "Health", "HealthRecord", "MentalHealth", "PhysicalHealth", "Religion"
    )
)  # fmt: skip
# By the name of the element, the longest that fits: `brp.adres` also says what `brp.adres.isInGemeente` is.
_OF_ELEMENT: Final = MappingProxyType(
    {
        "brp.naam": "Name",
        "brp.adres": "PhysicalAddress",
        "brp.gemeente": "Residency",
        "brp.geboortedatum": "BirthDate",
        "brp.leeftijd": "Age",
        "brp.nationaliteit": "Nationality",
        "inkomen": "Income",
        "inkomen.isHoogstens110ProcentSociaalMinimum": "IncomeBracket",
        "kluis.woning": "PersonalPossession",
        "kluis.bewoner.hulpBijOntruiming": "Vulnerability",
    }
)


def data_of(element: UsedElement) -> str:
    """The DPV term of one element: what the version says, or our table; the root of the vocabulary for neither."""
    if element.code:
        return element.code
    parts = element.name.split(".")
    names = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((PD + _OF_ELEMENT[name] for name in names if name in _OF_ELEMENT), f"{DPV}PersonalData")


def basis_of(text: str) -> str:
    """`6(1)(a)` as a DPV term of the AVG; "" for anything else."""
    found = _BASIS.fullmatch(text)
    return f"{GDPR}A{'-'.join(found.groups())}" if found else ""


def bases_of(version: ActivityVersion) -> tuple[str, ...]:
    """Of all elements, each once, those of article 9 after those of article 6."""
    said = [one.basis for one in version.elements] + [one.special for one in version.elements if one.special]
    return tuple(dict.fromkeys(filter(None, map(basis_of, said))))


def purposes_of(version: ActivityVersion) -> tuple[str, ...]:
    """What the version says; the root of the vocabulary when it says nothing."""
    return version.codes or (f"{DPV}Purpose",)
