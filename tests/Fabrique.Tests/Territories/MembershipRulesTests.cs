using CsCheck;
using Fabrique.Territories;
using Fabrique.Territories.V1;

namespace Fabrique.Tests;

/// <summary>The life of a membership: whatever is tried in whatever order, no guard is got round.</summary>
public sealed class MembershipRulesTests
{
    private static readonly DateOnly Start = new(2026, 1, 15);
    private static readonly Territory Town = new()
    {
        Id = "ZZ001",
        Kind = "COM",
        Name = "Essai",
        Region = new() { Code = "32" },
        Department = new() { Code = "62" },
    };

    private static readonly HashSet<(MembershipStatus From, MembershipStatus To)> Arrows =
    [
        (MembershipStatus.Unspecified, MembershipStatus.Submitted),
        (MembershipStatus.Submitted, MembershipStatus.Examined),
        (MembershipStatus.Examined, MembershipStatus.Refused),
        (MembershipStatus.Examined, MembershipStatus.CharterToSign),
        (MembershipStatus.CharterToSign, MembershipStatus.Active),
        (MembershipStatus.Active, MembershipStatus.Asleep),
        (MembershipStatus.Asleep, MembershipStatus.Active),
        (MembershipStatus.Active, MembershipStatus.Left),
        (MembershipStatus.Asleep, MembershipStatus.Left),
        (MembershipStatus.Refused, MembershipStatus.Submitted),
        (MembershipStatus.Left, MembershipStatus.Submitted),
    ];

    [Fact]
    public void No_way_leads_round_a_guard() =>
        Gen.Select(Gen.Int[0, 8], Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 400])
            .List[1, 60]
            .Sample(steps =>
            {
                Membership? membership = null;
                var today = Start;
                foreach (var (verb, elected, officers, days) in steps)
                {
                    today = today.AddDays(days);
                    var families = new Dictionary<string, int> { ["ELU"] = elected, ["AGENT"] = officers };
                    Membership? next;
                    try
                    {
                        next = Try(membership, verb, families, today);
                    }
                    catch (Refusal)
                    {
                        continue;
                    }
                    if (next is null)
                    {
                        continue;
                    }
                    var (from, to) = (membership?.Status ?? MembershipStatus.Unspecified, next.Status);
                    Assert.True(from == to || Arrows.Contains((from, to)), $"{from} to {to}");
                    Assert.True(
                        to is not (MembershipStatus.Active or MembershipStatus.Asleep or MembershipStatus.Left)
                            || (next.CharterSignedOn.Length > 0 && next.StartedOn.Length > 0)
                    );
                    Assert.True(from != MembershipStatus.CharterToSign || to != MembershipStatus.Active || (elected > 0 && officers > 0));
                    Assert.True(to != MembershipStatus.Refused || next.Reason.Length > 0);
                    Assert.True(
                        to != MembershipStatus.Left || (next.EndedOn.Length > 0 && next.PracticesLeft != PracticesLeft.Unspecified)
                    );
                    membership = next;
                }
            });

    [Fact]
    public void A_territory_sleeps_after_twelve_months_and_not_a_day_before()
    {
        var active = new Membership
        {
            Territory = "ZZ001",
            Status = MembershipStatus.Active,
            ActiveOn = "2026-01-15",
        };
        Assert.False(active.IsForgotten(new DateOnly(2027, 1, 14)));
        Assert.True(active.IsForgotten(new DateOnly(2027, 1, 15)));
        Assert.False(new Membership { Status = MembershipStatus.Active }.IsForgotten(new DateOnly(2050, 1, 1)));
        Assert.Null(active.Woken(new DateOnly(2026, 1, 31)));
        Assert.Equal("2026-02-01", active.Woken(new DateOnly(2026, 2, 1))!.ActiveOn);
    }

    [Fact]
    public void A_pilot_has_sixty_days_to_find_all_four_families_and_a_pioneer_is_not_asked()
    {
        var active = new Membership
        {
            Status = MembershipStatus.Active,
            Profile = "PILOTE",
            StartedOn = "2026-01-15",
        };
        Assert.Equal("2026-03-16", active.FamiliesDueOn());
        active.Profile = "PIONNIER";
        Assert.Equal("", active.FamiliesDueOn());
    }

    [Fact]
    public void What_is_signed_is_the_latest_charter_by_somebody_on_a_day_that_came()
    {
        var accepted = new Membership { Status = MembershipStatus.CharterToSign };
        var refused = Assert.Throws<Refusal>(() => accepted.Signed("1", "2", new Signatory(), "2026-01-16", new string('x', 201), Start));
        Assert.Equal(
            ["version", "signatory.name", "signatory.function", "signedOn", "deliberation"],
            refused.Fields.Select(field => field.Field)
        );
        Assert.Equal(
            "2026-01-15",
            accepted.Signed("2", "2", new Signatory { Name = "A", Function = "maire" }, "", "", Start)!.CharterSignedOn
        );
        Assert.Throws<Refusal>(() => accepted.Activated(new Dictionary<string, int> { ["ELU"] = 1, ["AGENT"] = 1 }, Start));
    }

    private static Membership? Try(Membership? membership, int verb, Dictionary<string, int> families, DateOnly today) =>
        (verb, membership) switch
        {
            (0, _) => MembershipRules.Submitted(membership, Town, "PILOTE", today),
            (_, null) => null,
            (1, _) => membership.Examined(),
            (2, _) => membership.Refused("Doublon"),
            (3, _) => membership.Accepted("", "C1"),
            (4, _) => membership.Signed("1", "1", new Signatory { Name = "A", Function = "maire" }, "", "", today),
            (5, _) => membership.Activated(families, today),
            (6, _) => membership.Slept(""),
            (7, _) => membership.Woken(today),
            _ => membership.Left("", PracticesLeft.Kept, today),
        };
}
