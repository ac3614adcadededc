using Fabrique.Territories.V1;

namespace Fabrique.Portal.Common;

/// <summary>Why a territory is among the answers although it is not called like the question.</summary>
public static class TerritoryMatches
{
    /// <summary>"code INSEE 62750", in the language of the page; empty where nothing is to be said.</summary>
    public static string Why(this ListTerritoriesResponse found, Territory territory) =>
        found.Matches.FirstOrDefault(match => match.Territory == territory.Id) is { } match ? Why(match) : "";

    /// <summary>The one territory that is called exactly so; null when none is, or several are.</summary>
    public static Territory? OnlyOne(this ListTerritoriesResponse found) =>
        found.Territories is [var first, ..]
        && (found is { Exact: true } || found.Territories.Count == 1)
        && found.Territories.Count(other => Letters.Plain(other.Name) == Letters.Plain(first.Name)) == 1
        && found.Matches.Count(match => match.Kind == TerritoryMatch.Types.Kind.Postcode) < 2
            ? first
            : null;

    private static string Why(TerritoryMatch match) =>
        match.Kind switch
        {
            TerritoryMatch.Types.Kind.Postcode when match.District > 0 => T["code postal {0}, {1}", match.Code, District(match.District)],
            TerritoryMatch.Types.Kind.Postcode => T["code postal {0}", match.Code],
            TerritoryMatch.Types.Kind.Insee => T["code INSEE {0}", match.Code],
            TerritoryMatch.Types.Kind.FormerInsee => T["ancien code INSEE {0}", match.Code],
            TerritoryMatch.Types.Kind.District => District(match.District),
            TerritoryMatch.Types.Kind.Siren => T["SIREN {0}", match.Code],
            TerritoryMatch.Types.Kind.FormerName => T["par le nom d’une commune qui en fait partie"],
            TerritoryMatch.Types.Kind.Page => T["sa page dit : « {0} »", match.Passage],
            _ => "",
        };

    private static string District(int number) => number == 1 ? T["1er arrondissement"] : T["{0}e arrondissement", number];
}
