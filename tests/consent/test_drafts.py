"""One person proposes a version, another publishes it; who may do what, and what each step leaves in the log."""

from contextlib import AbstractAsyncContextManager

import pytest

from consent.activity import Application, Recipient
from consent.contract import CannotPublish, Gone, NoSuchThing, NotNow, RegisterUnavailable
from consent.drafts import service
from consent.drafts.service import digest_of
from consent.rows import Rows
from consent.tables import drafts
from kernel.caller import Caller
from kernel.errors import NoAccess
from tests.consent.house import (
    ANNA_HERSELF,
    ANSWER,
    JWKS,
    LOKET,
    NAME,
    PLAN,
    STAFF,
    TENANT,
    House,
    activity,
    element,
    yes,
)  # fmt: skip
from tests.consent.test_life_cycle import choose

pytestmark = pytest.mark.anyio
ONE, TWO = (
    Caller(tenant=TENANT, kind="medewerker", user=name, roles=("proceseigenaar", "afdeling:loket"))
    for name in ("een", "twee")
)
OFFICER = Caller(tenant=TENANT, kind="medewerker", user="fg-1", roles=("fg",))
KEEPER = Caller(tenant=TENANT, kind="automatisch", organisation="stad", application="beheer-app")
ASKED = {"gelijkeWeg": "Ja, op papier.", "druk": "Nee.", "zonder": "Ja."}


async def test_a_version_needs_two_persons_and_each_step_is_a_line(house: House) -> None:
    await house.ready()
    given = await house.given(PLAN)
    saved = await house.consent.drafts.save(ONE, activity(maximalePeriode=28))
    assert (saved.stage, saved.against, saved.wrong, saved.asks_anew) == ("concept", 1, (), False)
    assert [(one.field, one.effect) for one in saved.changes] == [("/maximalePeriode", "smaller")]
    with pytest.raises(NotNow):
        await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    proposed = await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    assert (proposed.stage, proposed.own, (await house.consent.drafts.one(TWO, "regeling")).own) == (
        "voorgesteld",
        True,
        False,
    )
    with pytest.raises(NoAccess):
        await house.consent.drafts.step(ONE, "regeling", "publiceren", saved.digest)
    assert (await house.consent.activities(STAFF))[0].number == 1, "the proposer alone changes nothing"
    await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    (made,) = await house.consent.activities(STAFF)
    assert (made.number, made.period, made.consents_since) == (2, 28, 1)
    assert await house.consent.drafts.all(TWO) == []
    lines = (await house.audit.desk(STAFF).reader.lines("systeem", None, 50)).lines
    told = [line.event for line in reversed(lines) if line.event.activity == "regeling"][1:]
    assert [(one.kind, one.actor) for one in told] == [
        ("activiteit-concept", "een"), ("activiteit-concept", "een"),
        ("activiteit-gepubliceerd", "twee"), ("activiteit-beeindigd", "twee"),
    ]  # fmt: skip
    assert told[2].details == {"voorgesteldDoor": "een", "vingerafdruk": saved.digest, "toestemmingenVanaf": "1"}
    _, decision = await house.decided(PLAN)
    assert decision.toegestaan, "a narrower version asks no consent again"
    detail = await house.consent.choice(ANNA_HERSELF, given)
    assert (detail.consent.state, detail.longest) == ("gegeven", 28)
    assert detail.consent.valid_until == detail.consent.decided_at + 28 * 86_400_000, "and lasts no longer than it does"
    for answer, state in (("pauze", "gepauzeerd"), ("hervat", "gegeven")):
        assert await choose(house, given, answer) == state, "what was said can stand still and go on under it"
    assert (await house.decided(PLAN))[1].toegestaan
    house.clock.forward(days=2)
    assert await choose(house, given, "vernieuw") == "vernieuwd"
    again = (await house.consent.choice(ANNA_HERSELF, given)).consent
    assert again.valid_until == detail.consent.valid_until + 2 * 86_400_000


async def test_a_wider_version_asks_consent_again(house: House) -> None:
    await house.ready()
    given, open_one = await house.given(PLAN), await house.request(ANSWER)
    await house.consent.publish(STAFF, activity(maximalePeriode=84))
    assert not (await house.decided(PLAN))[1].toegestaan
    assert (await house.consent.choice(ANNA_HERSELF, given)).consent.state == "ongeldig"
    with pytest.raises(Gone):
        await choose(house, given, "vernieuw")
    again = await house.request(PLAN)
    assert (await house.request(ANSWER)).id != open_one.id, "a question about a version that ended is asked anew"
    assert (await house.request(PLAN)).id == again.id != given
    with pytest.raises(Gone):
        await choose(house, open_one.id, "ja")
    await house.consent.choose(ANNA_HERSELF, again.id, yes())
    assert (await house.decided(PLAN))[1].toegestaan


async def test_what_was_changed_since_it_was_read_is_not_published(house: House) -> None:
    await house.ready()
    saved = await house.consent.drafts.save(ONE, activity(maximalePeriode=28))
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    other = await house.consent.drafts.save(ONE, activity(maximalePeriode=999))
    assert (other.stage, other.agreed) == ("concept", False), "what was proposed was something else"
    for digest in (saved.digest, digest_of("")):
        with pytest.raises(NotNow):
            await house.consent.drafts.step(TWO, "regeling", "publiceren", digest)
    await house.consent.drafts.step(TWO, "regeling", "weggooien", other.digest)
    with pytest.raises(NoSuchThing):
        await house.consent.drafts.one(TWO, "regeling")


async def test_what_is_wrong_is_told_while_it_is_written_and_never_published(house: House) -> None:
    await house.ready()
    half = activity(gegevenselementen=[element(NAME, "A") | {"grondslag": "6(1)(e)"}], sjabloon="wmo")
    saved = await house.consent.drafts.save(ONE, half)
    assert ("/gegevenselementen/0/grondslag", "past-niet") in [(one.place, one.code) for one in saved.wrong]
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    with pytest.raises(CannotPublish):
        await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    assert (await house.consent.activities(STAFF))[0].number == 1


async def test_nobody_proposes_to_ask_again_soon_after_a_no(house: House) -> None:
    await house.ready()
    for days, places in ((0, ["/nietOpnieuwVragen"]), (182, ["/nietOpnieuwVragen"]), (183, []), (366, [])):
        saved = await house.consent.drafts.save(ONE, activity(nietOpnieuwVragen=days))
        assert [one.place for one in saved.wrong] == places
    by_law = await house.consent.drafts.save(ONE, activity("wet", {NAME: "A"}, nietOpnieuwVragen=0))
    assert not by_law.wrong, "nobody is asked"
    short = await house.consent.drafts.save(ONE, activity(nietOpnieuwVragen=30))
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", short.digest)
    with pytest.raises(CannotPublish) as refused:
        await house.consent.drafts.step(TWO, "regeling", "publiceren", short.digest)
    assert refused.value.members["fouten"][0]["code"] == "te-kort"
    await house.consent.publish(STAFF, activity("oud", nietOpnieuwVragen=30))
    for days, wrong in ((30, 0), (29, 1)):
        saved = await house.consent.drafts.save(ONE, activity("oud", nietOpnieuwVragen=days))
        assert len(saved.wrong) == wrong, "what was set up so may stay, and becomes no less"


async def test_where_a_no_may_not_be_free_nothing_is_published_without_the_fg(house: House) -> None:
    await house.ready()
    version = activity(machtsverschil=["werkgever"], vrijeKeuze=ASKED)
    with pytest.raises(CannotPublish):
        await house.consent.publish(STAFF, version)
    saved = await house.consent.drafts.save(ONE, version)
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    with pytest.raises(CannotPublish):
        await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    with pytest.raises(NoAccess):
        await house.consent.drafts.step(TWO, "regeling", "akkoord", saved.digest)
    assert (await house.consent.drafts.step(OFFICER, "regeling", "akkoord", saved.digest)).agreed
    await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    assert (await house.consent.activities(STAFF))[0].number == 2


async def test_who_may_search_the_log_is_for_the_fg_to_agree(house: House) -> None:
    """Two owners could have made their own department one that searches all lines of everybody."""
    await house.ready()
    await house.consent.publish(STAFF, activity("logboek", {NAME: "A"}))
    saved = await house.consent.drafts.save(ONE, activity("logboek", {NAME: "A"}, titel={"nl": "Ook wij", "en": "Us"}))
    assert saved.for_officer == ("/slug",)
    await house.consent.drafts.step(ONE, "logboek", "voorstellen", saved.digest)
    with pytest.raises(CannotPublish) as refused:
        await house.consent.drafts.step(TWO, "logboek", "publiceren", saved.digest)
    assert refused.value.members["fouten"][0]["code"] == "fg-akkoord"
    await house.consent.drafts.step(OFFICER, "logboek", "akkoord", saved.digest)
    await house.consent.drafts.step(TWO, "logboek", "publiceren", saved.digest)


async def test_only_owners_write_and_a_stranger_sees_no_draft(house: House) -> None:
    await house.ready()
    for who in (OFFICER, ANNA_HERSELF, LOKET, ONE.model_copy(update={"roles": ()}), STAFF):
        with pytest.raises(NoAccess):
            await house.consent.drafts.save(who, activity())
    for who in (ANNA_HERSELF, LOKET, STAFF, KEEPER):
        with pytest.raises(NoAccess):
            await house.consent.drafts.all(who)
    assert await house.consent.drafts.all(OFFICER) == []


async def test_an_application_writes_a_draft_until_its_recipient_is_suspended(house: House) -> None:
    await house.ready()
    app = Application(client_id="beheer-app", name="Beheer", kind="automatisch", jwks=JWKS, roles=("beheer",))
    city = Recipient.model_validate({"slug": "stad", "oin": "1" * 20, "naam": {"nl": "De stad", "en": "The city"}})
    await house.consent.admit(STAFF, city.model_copy(update={"applications": (app,)}))
    saved = await house.consent.drafts.save(KEEPER, activity(titel={"nl": "anders", "en": "other"}))
    with pytest.raises(NoAccess):
        await house.consent.drafts.step(KEEPER, "regeling", "voorstellen", saved.digest)
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    await house.consent.suspend(STAFF, "stad")
    with pytest.raises(NoAccess):
        await house.consent.drafts.save(KEEPER, activity())


async def test_a_municipality_has_so_many_drafts_at_once_and_they_are_read_together(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MOST", 2)
    await house.ready()
    for slug in ("een", "regeling"):
        await house.consent.drafts.save(ONE, activity(slug, maximalePeriode=28))
    lines = len((await house.audit.desk(STAFF).reader.lines("systeem", None, 50)).lines)
    with pytest.raises(NotNow):
        await house.consent.drafts.save(ONE, activity("drie"))
    assert len((await house.audit.desk(STAFF).reader.lines("systeem", None, 50)).lines) == lines, "nothing happened"
    await house.consent.drafts.save(ONE, activity("een", maximalePeriode=29))
    asked = 0
    reading = house.consent.register.reading

    def counted(tenant: str) -> AbstractAsyncContextManager[Rows]:
        nonlocal asked
        asked += 1
        return reading(tenant)

    monkeypatch.setattr(house.consent.register, "reading", counted)
    assert [(one.version.slug, one.against) for one in await house.consent.drafts.all(ONE)] == [
        ("een", 0),
        ("regeling", 1),
    ]
    assert asked == 3, "drafts, recipients and versions, however many drafts there are"


async def test_a_draft_that_was_altered_in_the_database_is_not_read(house: House) -> None:
    await house.ready()
    saved = await house.consent.drafts.save(ONE, activity(maximalePeriode=28))
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    async with house.database().writing(TENANT) as connection:
        await connection.execute(drafts.update().values(proposer="een-ander"))
    with pytest.raises(RegisterUnavailable):
        await house.consent.drafts.step(ONE, "regeling", "publiceren", saved.digest)


async def test_an_owner_says_all_that_article_30_asks_and_answers_three_questions_about_a_choice(house: House) -> None:
    await house.ready(activity(sjabloon="parkeervergunning", frequentie={"keer": 2, "per": "jaar"}, bewaarDagen=30,
                               gegevenselementen=[element(NAME, "A")]))  # fmt: skip
    nothing = activity().assessment.model_copy(update={"steps": {}})
    less = {"officer": " ", "residents": (), "codes": (), "measures": (), "assessment": nothing, "free_choice": None}
    saved = await house.consent.drafts.save(ONE, activity().model_copy(update=less))
    assert [(one.place, one.code) for one in saved.wrong] == [
        (place, "ontbreekt") for place in ("/functionarisGegevensbescherming", "/categorieenBetrokkenen", "/dpvDoelen",
                                           "/maatregelen", "/beoordeling/stappen", "/sjabloon", "/vrijeKeuze")
    ]  # fmt: skip
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    with pytest.raises(CannotPublish):
        await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)


@pytest.mark.parametrize("pressure", ((), ("werkgever",)), ids=("vrij", "druk"))
async def test_an_answer_of_spaces_is_none(house: House, pressure: tuple[str, ...]) -> None:
    await house.ready()
    empty, spaces = {"nl": " ", "en": "x"}, dict.fromkeys(ASKED, " ")
    said = activity(
        categorieenBetrokkenen=[empty], maatregelen=[empty], vrijeKeuze=spaces, machtsverschil=list(pressure)
    )
    saved = await house.consent.drafts.save(ONE, said)
    assert [one.place for one in saved.wrong] == ["/categorieenBetrokkenen", "/maatregelen", "/vrijeKeuze"]


async def test_a_yes_of_more_than_a_year_needs_the_fg(house: House) -> None:
    await house.ready()
    saved = await house.consent.drafts.save(ONE, activity(maximalePeriode=400))
    assert (saved.wrong, saved.for_officer) == ((), ("/maximalePeriode",))
    await house.consent.drafts.step(ONE, "regeling", "voorstellen", saved.digest)
    with pytest.raises(CannotPublish):
        await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    await house.consent.drafts.step(OFFICER, "regeling", "akkoord", saved.digest)
    await house.consent.drafts.step(TWO, "regeling", "publiceren", saved.digest)
    assert [one.number for one in await house.consent.activities(STAFF)] == [2]
