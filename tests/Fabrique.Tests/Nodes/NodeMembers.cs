using System.Collections.Concurrent;
using AngleSharp.Html.Parser;
using Fabrique.Identity.V1;
using Fabrique.Territories.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Fabrique.Tests;

/// <summary>Makes territories members of a whole node, by the calls that people's pages make.</summary>
internal static class NodeMembers
{
    private static readonly (string Family, string Address)[] Delegates = [("ELU", "elue@example.org"), ("AGENT", "agent@example.org")];

    private static readonly ConcurrentDictionary<(WholeNode, string), bool> Members = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// The territory is an active member, with somebody elected and an officer in its delegation. Once it is, nothing is asked again.
    /// </summary>
    public static async Task JoinAsync(this WholeNode node, string territory)
    {
        if (Members.ContainsKey((node, territory)))
        {
            return;
        }
        using var key = NodeKey.OpenOrCreate(node.Data);
        using var territories = GrpcChannel.ForAddress((string)node.Running("territories")["address"]!);
        using var identity = GrpcChannel.ForAddress((string)node.Running("identity")["address"]!);
        var memberships = new MembershipService.MembershipServiceClient(territories);
        var facilitator = As(new(Grant.Facilitator, Grant.Everywhere));
        var asked = await memberships.SubmitMembershipAsync(
            new() { Territory = territory, Profile = "PILOTE" },
            facilitator,
            cancellationToken: Cancellation
        );
        if (asked.Membership.Status == MembershipStatus.Active)
        {
            return;
        }
        foreach (var (family, address) in Delegates)
        {
            await GiveAsync(
                new(identity),
                As(new(Grant.Steward, key.Node)),
                address,
                new()
                {
                    Role = Grant.Delegate,
                    Scope = territory,
                    Family = family,
                }
            );
        }
        await memberships.ExamineMembershipAsync(new() { Territory = territory }, facilitator, cancellationToken: Cancellation);
        await memberships.AcceptMembershipAsync(new() { Territory = territory }, facilitator, cancellationToken: Cancellation);
        var signed = await memberships.SignCharterAsync(
            new()
            {
                Territory = territory,
                Version = "1",
                Signatory = new() { Name = "Camille Essai", Function = "maire" },
            },
            As(new(Grant.Delegate, territory)),
            cancellationToken: Cancellation
        );
        Assert.Equal(MembershipStatus.Active, signed.Membership.Status);
        await WholeNode.EventuallyAsync(
            true,
            async () =>
                (await node.ReadAsync("practices", "SELECT id FROM records WHERE kind = 'fabrique.territories.v1.Membership'")).Contains(
                    territory
                ),
            TimeSpan.FromSeconds(20)
        );
        Members[(node, territory)] = true;

        Metadata As(Grant grant) =>
            new() { { "authorization", $"Bearer {NodeToken.Issue(key, [grant], TimeSpan.FromMinutes(5), TimeProvider.System)}" } };
    }

    private static async Task GiveAsync(
        IdentityService.IdentityServiceClient identity,
        Metadata steward,
        string address,
        Identity.V1.Grant grant
    )
    {
        try
        {
            await identity.GiveGrantAsync(new() { Email = address, Grant = grant }, steward, cancellationToken: Cancellation);
        }
        catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
        {
            var invited = await identity.CreateInvitationAsync(
                new()
                {
                    Email = address,
                    Grant = grant,
                    ReturnLink = true,
                },
                steward,
                cancellationToken: Cancellation
            );
            await SignUpAsync(invited.Link);
        }
    }

    /// <summary>Fills in the page of an invitation.</summary>
    private static async Task SignUpAsync(string link)
    {
        using var http = new HttpClient();
        using var page = await new HtmlParser().ParseDocumentAsync(await http.GetStringAsync(link, Cancellation), Cancellation);
        var fields = page.QuerySelectorAll("main form input[type=hidden]")
            .ToDictionary(field => field.GetAttribute("name")!, field => field.GetAttribute("value") ?? "");
        (fields["nom"], fields["motdepasse"]) = ("Camille Essai", Browser.Password);
        using var answer = await http.PostAsync(new Uri(link), new FormUrlEncodedContent(fields), Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Cancellation)}");
    }
}
