namespace Fabrique.Portal.Common;

/// <summary>
/// A place on a page that is no area's alone. A part receives what its spot gives as parameters; what it shows beyond, it asks for itself.
/// </summary>
public enum Spot
{
    /// <summary>Beside the search of the home page.</summary>
    HomeView,

    /// <summary>The figures of the home page: pairs of <c>dt</c> and <c>dd</c>.</summary>
    HomeFigures,

    /// <summary>The sections of the home page.</summary>
    Home,

    /// <summary>The page of a territory, before what it tells of itself: <c>Territory</c>.</summary>
    TerritoryTop,

    /// <summary>The page of a territory, after what it tells of itself: <c>Territory</c>.</summary>
    Territory,

    /// <summary>The page of a delegation: <c>Territory</c>, its code.</summary>
    MyTerritory,

    /// <summary>The page on which a facilitator follows a territory: <c>Territory</c>, its code.</summary>
    Followed,

    /// <summary>The cards of the page of components.</summary>
    StyleCards,

    /// <summary>The drawings of the page of components.</summary>
    Style,
}

/// <summary>What an area shows at a spot.</summary>
/// <param name="Spot">Where.</param>
/// <param name="Rank">The lowest comes first.</param>
/// <param name="Component">Asks for what it shows; a service that is away leaves a gap there and no error of the page.</param>
public sealed record Part(Spot Spot, int Rank, Type Component);

/// <summary>A link on the map of the site.</summary>
/// <param name="Path">In French, without the language.</param>
/// <param name="Text">In the language of the page.</param>
/// <param name="Rank">The lowest comes first.</param>
/// <param name="Below">The path of the link under which it stands; null for the first level.</param>
/// <param name="Writes">Whether one writes there, in the name of a territory.</param>
public sealed record MapLink(string Path, string Text, int Rank, string? Below = null, bool Writes = false);

/// <summary>Something that can be started from the page of a delegation.</summary>
/// <param name="Address">In the language of the page.</param>
/// <param name="Text">In the language of the page.</param>
/// <param name="Rank">The lowest comes first.</param>
/// <param name="Look">"button" for what one comes for most, "button quiet", or nothing for a plain link.</param>
public sealed record Button(string Address, string Text, int Rank, string? Look = null);

/// <summary>In whose place a visitor is asked what waits.</summary>
/// <param name="Territory">The code of a territory for which the visitor writes; empty for what waits for a facilitator.</param>
/// <param name="Name">Of the territory.</param>
/// <param name="Leads">Whether the visitor leads its delegation.</param>
public sealed record Seat(string Territory, string Name, bool Leads);

/// <summary>What an area found for some words.</summary>
/// <param name="Component">Shows it.</param>
/// <param name="Given">What it is given.</param>
/// <param name="Total">How much there is; null when the service is away.</param>
/// <param name="Fit">How well it answers: the best comes first.</param>
public sealed record Found(Type Component, Dictionary<string, object?> Given, int? Total, Relevance Fit = Relevance.Right);

/// <summary>How well something answers a search.</summary>
public enum Relevance
{
    /// <summary>Its name, or its code, is what was typed.</summary>
    Named,

    /// <summary>It has the words.</summary>
    Right,

    /// <summary>It has some of the words, or words that look like them.</summary>
    Near,
}
