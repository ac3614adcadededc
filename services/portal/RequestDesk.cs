using Fabrique.Identity.V1;
using Fabrique.Territories.V1;

namespace Fabrique.Portal;

/// <summary>Answers requests to act for a territory, by the button that was pressed: "accepter:id" or "refuser:id".</summary>
public sealed class RequestDesk
{
    public FormProblems Problems { get; } = [];

    /// <summary>What was done, for the person to read; empty when nothing was.</summary>
    public string Done { get; private set; } = "";

    public async Task DecideAsync(IdentityService.IdentityServiceClient identity, IFormCollection form)
    {
        if (form["_action"].ToString().Split(':', 2) is not [("accepter" or "refuser") and var verb, var id])
        {
            return;
        }
        var answer = await identity.DecideJoinRequestAsync(new() { Id = id, Accept = verb == "accepter", Reason = form[$"raison-{id}"].ToString() }).Answer();
        if (answer.Value is { Request: var request })
        {
            Done = request.Status == "accepted" ? T["{0} peut maintenant agir pour son territoire", request.Name] : T["{0} recevra votre réponse", request.Name];
        }
        else if (answer.Violations.FirstOrDefault() is { Message: { Length: > 0 } message })
        {
            Problems.Add($"raison-{id}", T["Raison, si vous refusez"], message);
        }
        else
        {
            Problems.Add("", "", T["Cette demande n’existe plus, ou le service ne répond pas. Rechargez la page."]);
        }
    }
}

internal static class TerritoryNames
{
    /// <summary>The names of some territories by code, each asked once; a code stays a code while the service is away.</summary>
    public static async Task<Dictionary<string, string>> NamesAsync(this TerritoryService.TerritoryServiceClient territories, IEnumerable<string> codes)
    {
        var asked = codes.Distinct().Select(async code => (code, (await territories.GetTerritoryAsync(new() { Id = code }).Answer()).Value));
        return (await Task.WhenAll(asked)).ToDictionary(found => found.code, found => found.Value is { Territory: var territory } ? Show.Where(territory) : T["Territoire {0}", found.code]);
    }
}
