using System.Collections.Concurrent;
using Fabrique.Territories.V1;
using Grpc.Core;

namespace Fabrique.Identity;

/// <summary>
/// Asks the service of territories how they are called and what they are in, and remembers it for some minutes. A mail does not wait for
/// it: a code names a territory too.
/// </summary>
internal sealed class Places(TerritoryService.TerritoryServiceClient territories, TimeProvider clock)
{
    private const int Most = 1000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // Of somebody who waits for the answer, and for whom no other will do.
    private static readonly TimeSpan LongPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, (Place Place, DateTimeOffset Until)> _known = [];

    public async Task<Place> FindAsync(string code, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (_known.TryGetValue(code, out var known) && known.Until > now)
        {
            return known.Place;
        }
        try
        {
            var found = (
                await territories.GetTerritoryAsync(
                    new() { Id = code },
                    deadline: now.UtcDateTime + Patience,
                    cancellationToken: cancellation
                )
            ).Territory;
            string[] around = [found.Region is { Code.Length: > 0 } region ? $"R{region.Code}" : "", found.Membership?.Cohort ?? ""];
            return Remember(code, new Place(found.Name, [.. around.Where(name => name.Length > 0)]), now + Memory);
        }
        catch (RpcException) when (!cancellation.IsCancellationRequested)
        {
            // Many who are told at once do not each wait for it.
            return Remember(code, new Place(code, []), now + Pause);
        }
    }

    /// <summary>The code by which the network knows a territory, for a right in it: a former code becomes the one of today.</summary>
    /// <param name="code">As it was told.</param>
    /// <param name="field">Where it was told.</param>
    /// <exception cref="Refusal">There is no such territory, or nobody could say: UNAVAILABLE.</exception>
    public async Task<string> CodeOfAsync(string code, string field, CancellationToken cancellation)
    {
        try
        {
            var deadline = clock.GetUtcNow().UtcDateTime + LongPatience;
            var found = await territories.GetTerritoryAsync(new() { Id = code }, deadline: deadline, cancellationToken: cancellation);
            return found.Territory.Id;
        }
        catch (RpcException error) when (error.StatusCode is StatusCode.NotFound or StatusCode.InvalidArgument)
        {
            throw Refusal.Invalid(field, $"Aucun territoire ne porte ce code : choisissez-le dans la liste.");
        }
        catch (RpcException) when (!cancellation.IsCancellationRequested)
        {
            throw new Refusal(
                StatusCode.Unavailable,
                "TERRITORIES_AWAY",
                $"Nous n’avons pas pu vérifier ce territoire. Rien n’a changé : recommencez dans un moment."
            );
        }
    }

    /// <summary>The names of the territories, regions and cohorts of these rights, by code.</summary>
    public Task<IReadOnlyDictionary<string, string>> NamesAsync(IEnumerable<Grant> grants, CancellationToken cancellation) =>
        NamesAsync(
            grants.Where(grant => grant.Role != Grant.Steward && grant.Scope != Grant.Everywhere).Select(grant => grant.Scope),
            cancellation
        );

    /// <summary>The names of these territories, regions and cohorts, by code.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(IEnumerable<string> codes, CancellationToken cancellation)
    {
        var asked = codes.Distinct().ToList();
        var places = await Task.WhenAll(asked.Select(code => FindAsync(code, cancellation)));
        return asked.Zip(places).ToDictionary(pair => pair.First, pair => pair.Second.Name);
    }

    private Place Remember(string code, Place place, DateTimeOffset until)
    {
        if (_known.Count >= Most)
        {
            _known.Clear();
        }
        _known[code] = (place, until);
        return place;
    }
}
