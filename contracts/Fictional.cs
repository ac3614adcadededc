namespace Fabrique;

/// <summary>
/// Territories that were invented to show or to try the platform. Their codes begin with "ZZ", as no official code does. They exist on a
/// node that was started for a demonstration; nothing they tell leaves it, is exported or counted.
/// </summary>
public static class Fictional
{
    /// <summary>How their codes begin.</summary>
    public const string Prefix = "ZZ";

    /// <summary>Whether the code is that of an invented territory.</summary>
    public static bool Is(string territory) => territory.StartsWith(Prefix, StringComparison.Ordinal);
}
