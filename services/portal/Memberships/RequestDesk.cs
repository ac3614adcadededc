using Fabrique.Identity.V1;
using Fabrique.Territories.V1;

namespace Fabrique.Portal.Memberships;

/// <summary>
/// Answers requests to act for a territory, by the button that was pressed: "accepter:request:territory" or "refuser:request:territory".
/// A facilitator's answer to the first request of a territory is the answer to its membership too.
/// </summary>
/// <param name="identity">Who holds the requests.</param>
/// <param name="memberships">Who holds the memberships; null where only people are answered.</param>
internal sealed class RequestDesk(
    IdentityService.IdentityServiceClient identity,
    MembershipService.MembershipServiceClient? memberships = null
)
{
    public FormProblems Problems { get; } = [];

    /// <summary>What was done, for the person to read; empty when nothing was.</summary>
    public string Done { get; private set; } = "";

    public async Task DecideAsync(IFormCollection form)
    {
        if (form["_action"].ToString().Split(':', 3) is not [("accepter" or "refuser") and var verb, var id, var territory])
        {
            return;
        }
        var (accept, reason) = (verb == "accepter", form[$"raison-{id}"].ToString());
        if (accept && !await AdmitAsync(territory, id, form[$"place-{id}"].ToString()))
        {
            return;
        }
        var answer = await identity
            .DecideJoinRequestAsync(
                new()
                {
                    Id = id,
                    Accept = accept,
                    Reason = reason,
                }
            )
            .Answer();
        if (answer.Value is { Request: var request })
        {
            Done =
                request.Status == JoinRequestStatus.Accepted
                    ? T["{0} peut maintenant agir pour son territoire", request.Name]
                    : T["{0} recevra votre réponse", request.Name];
            if (!accept)
            {
                await TurnDownAsync(territory, reason);
            }
        }
        else
        {
            Problems.Add(answer, _ => ($"raison-{id}", T["Raison, si vous refusez"]));
        }
    }

    /// <summary>
    /// Sees to it that the territory is accepted before somebody acts for it. Pressing again changes nothing that was done.
    /// </summary>
    private async Task<bool> AdmitAsync(string territory, string id, string place)
    {
        if (memberships is null)
        {
            return true;
        }
        var admitted = await memberships.AdmitMembershipAsync(new() { Territory = territory, Profile = place }).Answer();
        if (admitted.Violations.FirstOrDefault(violation => violation.Path == "profile") is { Message: { Length: > 0 } message })
        {
            Problems.Add($"place-{id}", T["Place du territoire dans le réseau"], message);
        }
        else if (admitted.Violations.Any())
        {
            Problems.Add(
                "",
                "",
                T[
                    "Ce territoire n’est pas encore confirmé : répondez d’abord à sa déclaration, sur la page « Périmètres ». Rien n’a été décidé."
                ]
            );
        }
        else if (admitted.Error is not null)
        {
            Problems.Add("", "", T["L’adhésion du territoire n’a pas pu être acceptée, et rien n’a été décidé. {0}", admitted.WhyNot()]);
        }
        return admitted.Error is null;
    }

    /// <summary>
    /// Nobody else asks for the territory: its membership is refused with the person. One that is further on stays as it is.
    /// </summary>
    private async Task TurnDownAsync(string territory, string reason)
    {
        if (
            memberships is null
            || (await identity.ListJoinRequestsAsync(new() { Territory = territory, PageSize = 1 }).Answer()).Value
                is not { Requests.Count: 0 }
        )
        {
            return;
        }
        if ((await memberships.ExamineMembershipAsync(new() { Territory = territory }).Answer()).Error is null)
        {
            await memberships.RefuseMembershipAsync(new() { Territory = territory, Reason = reason }).Answer();
        }
    }
}
