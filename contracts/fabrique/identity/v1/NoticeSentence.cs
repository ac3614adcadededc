namespace Fabrique.Identity.V1;

public sealed partial class NoticeSentence
{
    /// <summary>
    /// The sentence as it is written where something happens: <c>NoticeSentence.Saying($"{new TerritoryName(code)} a quitté le
    /// réseau.")</c>. Its format is the key of the translations, which a test finds by this call. A <see cref="DateOnly"/> becomes a day;
    /// all else is text.
    /// </summary>
    public static NoticeSentence Saying(FormattableString sentence) =>
        new() { Format = sentence.Format, Values = { sentence.GetArguments().Select(Value) } };

    private static NoticeValue Value(object? value) =>
        value switch
        {
            TerritoryName territory => new() { Territory = territory.Code },
            DateOnly day => new() { Day = $"{day:yyyy-MM-dd}" },
            _ => new() { Text = $"{value}" },
        };
}

/// <summary>Stands in a sentence for the name of a territory, of which the service that writes it has the code.</summary>
/// <param name="Code">Official code.</param>
public readonly record struct TerritoryName(string Code);
