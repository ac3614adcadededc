namespace Fabrique.Identity;

/// <summary>What a territory is called, and where it is.</summary>
/// <param name="Name">Its code where nobody answers.</param>
/// <param name="Around">What it is in, by the names that a grant can have for it: its region, "R32", and its cohort. Empty where nobody
/// answers.</param>
internal sealed record Place(string Name, IReadOnlyList<string> Around);
